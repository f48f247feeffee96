import { sign } from "jwt.js";

export default {
  async fetch(request, env) {
    return new Response(await sign({ sub: "ada" }, env.SECRET));
  },
};
