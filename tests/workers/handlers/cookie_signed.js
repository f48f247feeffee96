// A session's cookie carries its HMAC.
//> GET /new?user=ann
//> GET / {"headers": {"cookie": "s=ann.tdGdDLe646WSgpQBqOtnwvxeVBesFp9sSBorDgGh4Ew"}}
//> GET / {"headers": {"cookie": "s=ann.invalid"}}
//> GET /
const encoder = new TextEncoder();
const key = () =>
  crypto.subtle.importKey("raw", encoder.encode("a secret"), { name: "HMAC", hash: "SHA-256" }, false, [
    "sign",
    "verify",
  ]);
const base64url = (bytes) =>
  btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");
export default {
  async fetch(request) {
    const url = new URL(request.url);
    if (url.pathname === "/new") {
      const user = url.searchParams.get("user");
      const mac = base64url(await crypto.subtle.sign("HMAC", await key(), encoder.encode(user)));
      return new Response("in", { headers: { "set-cookie": `s=${user}.${mac}; HttpOnly; SameSite=Lax` } });
    }
    const [user, mac] = /s=([^.]+)\.([^;]+)/.exec(request.headers.get("cookie") ?? "")?.slice(1) ?? [];
    if (!user) return new Response("no session", { status: 401 });
    const expected = base64url(await crypto.subtle.sign("HMAC", await key(), encoder.encode(user)));
    return new Response(mac === expected ? `you are ${user}` : "forged", { status: mac === expected ? 200 : 403 });
  },
};
