// What handlers do, as docs/functions.md has it, with the bindings of test_types.py; and what must be found.

import { env as everywhere } from "cloudflare:workers";
import jwt from "jsonwebtoken";

export default {
  async fetch(request, env, ctx) {
    const { name } = await request.json<{ name: string }>();
    ctx.waitUntil(env.STORE.put(name, "1", { expirationTtl: 3600 }));
    const text: string | null = await env.STORE.get(name);
    const parsed = await env.STORE.get<{ count: number }>(name, "json");
    const { keys, list_complete } = await env.STORE.list({ prefix: "a" });
    const { success } = await env.ATTEMPTS.limit({ key: `${name} ${request.peer}` });
    const who = await env.AUTH.fetch("http://auth/who", { headers: request.headers });
    const claims = jwt.verify(`${text}`, env.KEY, { algorithms: ["ES256"], issuer: everywhere.GREETING });
    jwt.verify(`${text}`, env.KEYS.key, { algorithms: ["RS256"] }, (error, found) => console.log(error, found?.sub));
    const token: string = jwt.sign({ sub: "ada" }, JSON.parse(env.KEY), { algorithm: "ES256", expiresIn: "1h" });
    const hash = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    for (const [key, value] of new URL(request.url).searchParams) console.log(key, value);
    if (!success || !list_complete) return who;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await new Promise((done) => setTimeout(done, 5000));
        controller.enqueue(new Uint8Array(hash));
      },
    });
    const packed = body.pipeThrough(new CompressionStream("gzip"));
    console.log(process.env.GREETING.length, keys[0]?.name, parsed?.count, claims.sub);

    // @ts-expect-error: it has another name.
    env.GREETINGS;
    // @ts-expect-error: devices have none of it.
    new WebSocket("wss://example.com");
    // @ts-expect-error: get gives null, too.
    (await env.STORE.get(name)).length;
    // @ts-expect-error: of the firmware's own, secrets alone are no reason for "none".
    jwt.sign({}, env.KEY, { algorithm: "none" });
    return new Response(packed, { headers: { "Content-Encoding": "gzip" }, encodeBody: "manual" });
  },
} satisfies ExportedHandler<Env>;

export const handler: LambdaHandler = async (event, context) => {
  const name = event.queryStringParameters.name ?? "world";
  return { statusCode: 200, headers: { "x-left": context.getRemainingTimeInMillis() }, body: { message: name } };
};

export const second: LambdaHandler<APIGatewayProxyEventV2, string> = async (event) => event.rawPath;

addEventListener("fetch", (event) => event.respondWith(new Response(event.request.url)));
