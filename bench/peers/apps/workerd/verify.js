import { verify } from "jwt.js";

export default {
  async fetch(request, env) {
    const token = request.headers.get("authorization").slice("Bearer ".length);
    return new Response((await verify(token, env.SECRET)).sub);
  },
};
