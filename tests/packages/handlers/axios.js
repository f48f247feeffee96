// Fetches with its fetch adapter: interceptors, errors for other statuses.
import axios from "axios";

export default {
  async fetch(request, env) {
    const api = axios.create({ baseURL: env.UPSTREAM, adapter: "fetch" });
    api.interceptors.request.use((config) => {
      config.headers.set("x-asked", "by axios");
      return config;
    });
    const { data, status } = await api.post("/items", { a: 1 }, { params: { q: "x y" } });
    const refused = await api
      .get("/signed/")
      .catch((error) => [error.code, error.response.status, error.response.data]);
    return Response.json({ data, status, refused });
  },
};

export const project = { upstream: true };
export const requests = [
  {
    path: "/",
    answer: {
      data: {
        method: "POST",
        target: "/items?q=x+y",
        body: '{"a":1}',
        "content-type": "application/json",
        "x-asked": "by axios",
      },
      status: 200,
      refused: ["ERR_BAD_REQUEST", 403, "no signature"],
    },
  },
];
