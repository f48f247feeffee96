import jwt from "jsonwebtoken";

export default {
  fetch(request, env) {
    const token = request.headers.get("authorization").slice("Bearer ".length);
    return new Response(jwt.verify(token, env.SECRET, { algorithms: ["HS256"] }).sub);
  },
};
