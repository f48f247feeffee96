// A service's client library: asks what is a stand-in for the service here.
import OpenAI from "openai";

export default {
  async fetch(request, env) {
    const client = new OpenAI({ apiKey: "sk-test", baseURL: `${env.UPSTREAM}/v1`, maxRetries: 0 });
    const { method, target, authorization, body } = await client.chat.completions.create({
      model: "small",
      messages: [{ role: "user", content: await request.text() }],
    });
    return Response.json({ method, target, authorization, asked: JSON.parse(body).messages[0].content });
  },
};

export const project = { upstream: true, limits: { cpu_ms: 500 } };
export const requests = [
  {
    method: "POST",
    path: "/",
    body: "hello",
    answer: { method: "POST", target: "/v1/chat/completions", authorization: "Bearer sk-test", asked: "hello" },
  },
];
