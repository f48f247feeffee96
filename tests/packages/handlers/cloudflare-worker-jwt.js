// @tsndr/cloudflare-worker-jwt: signs and verifies tokens.
import jwt from "@tsndr/cloudflare-worker-jwt";

const SECRET = "an example secret of 32 bytes ..";
export default {
  async fetch(request) {
    if (request.method === "GET") return new Response(await jwt.sign({ sub: "ada", iat: 1 }, SECRET));
    const token = await request.text();
    const verified = await jwt.verify(token, SECRET);
    return Response.json({ right: Boolean(verified), payload: jwt.decode(token).payload });
  },
};

const TOKEN =
  "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJpYXQiOjF9.zxukAll_hHJI51l2Mus1i8pbEN2Z9Gpd6ATiryAqG5U";
export const requests = [
  { path: "/", answer: TOKEN },
  { method: "POST", path: "/", body: TOKEN, answer: { right: true, payload: { sub: "ada", iat: 1 } } },
  {
    method: "POST",
    path: "/",
    body: TOKEN.slice(0, -2) + "AA",
    answer: { right: false, payload: { sub: "ada", iat: 1 } },
  },
];
