// Fetches JSON, with errors for other statuses.
import { ofetch } from "ofetch";

export default {
  async fetch(request, env) {
    const told = await ofetch("/items", { baseURL: env.UPSTREAM, method: "PUT", body: { a: 1 }, query: { n: 2 } });
    const refused = await ofetch(`${env.UPSTREAM}/signed/`, { retry: 0 }).catch((error) => error.status);
    return Response.json({ told, refused });
  },
};

export const project = { upstream: true };
export const requests = [
  {
    path: "/",
    answer: {
      told: { method: "PUT", target: "/items?n=2", body: '{"a":1}', "content-type": "application/json" },
      refused: 403,
    },
  },
];
