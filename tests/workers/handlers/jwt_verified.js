// A JWT, verified by hand.
//> GET / {"headers": {"authorization": "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJleHAiOjQxMDI0NDQ4MDB9.QUBG8ORn79WF-qLlBM0DYBJAepMsIRX3NJGSMMdYxBo"}}
//> GET / {"headers": {"authorization": "Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbm4iLCJleHAiOjF9.vK2OAttEhJ79qPE9p4qG4ozvSRZMaqetIcn_DN0JIqk"}}
//> GET / {"headers": {"authorization": "Bearer a.b.c"}}
//> GET /
const SECRET = new TextEncoder().encode("0123456789abcdef0123456789abcdef");
const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
async function verify(token) {
  const [head, payload, signature] = token.split(".");
  const key = await crypto.subtle.importKey("raw", SECRET, { name: "HMAC", hash: "SHA-256" }, false, ["verify"]);
  if (!(await crypto.subtle.verify("HMAC", key, decode(signature), new TextEncoder().encode(`${head}.${payload}`))))
    throw new Error("forged");
  const claims = JSON.parse(new TextDecoder().decode(decode(payload)));
  if (claims.exp * 1000 < Date.now()) throw new Error("expired");
  return claims;
}
export default {
  async fetch(request) {
    const token = request.headers.get("authorization")?.match(/^Bearer (.+)$/)?.[1];
    if (!token) return new Response("no token", { status: 401, headers: { "www-authenticate": "Bearer" } });
    try {
      return Response.json(await verify(token));
    } catch (error) {
      return new Response(error.message === "expired" ? "expired" : "refused", { status: 403 });
    }
  },
};
