import jwt from "jsonwebtoken";

export default {
  fetch(request, env) {
    return new Response(jwt.sign({ sub: "ada" }, env.SECRET, { expiresIn: 3600 }));
  },
};
