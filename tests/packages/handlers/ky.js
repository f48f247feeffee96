// Fetches JSON, with retries and headers.
import ky from "ky";

export default {
  async fetch(request, env) {
    const api = ky.create({ headers: { "x-asked": "by ky" }, retry: 0 });
    return Response.json(await api.post(`${env.UPSTREAM}/items`, { json: { a: 1 }, searchParams: { q: "é" } }).json());
  },
};

export const project = { upstream: true };
export const requests = [
  {
    path: "/",
    answer: {
      method: "POST",
      target: "/items?q=%C3%A9",
      body: '{"a":1}',
      "content-type": "application/json",
      "x-asked": "by ky",
    },
  },
];
