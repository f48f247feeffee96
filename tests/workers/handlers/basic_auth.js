// A user name and a password, compared in constant time.
//> GET /admin
//> GET /admin {"headers": {"authorization": "Basic YW5uOm9wZW4gc2VzYW1l"}}
//> GET /admin {"headers": {"authorization": "Basic YW5uOndyb25n"}}
//> GET /admin {"headers": {"authorization": "Basic !!!"}}
//> GET /
const encoder = new TextEncoder();
const same = (a, b) => {
  const [one, two] = [encoder.encode(a), encoder.encode(b)];
  return one.byteLength === two.byteLength && crypto.subtle.timingSafeEqual(one, two);
};
export default {
  fetch(request, env) {
    if (new URL(request.url).pathname !== "/admin") return new Response("anyone");
    const [scheme, encoded] = (request.headers.get("Authorization") ?? "").split(" ");
    if (scheme !== "Basic")
      return new Response("who are you?", {
        status: 401,
        headers: { "WWW-Authenticate": 'Basic realm="admin", charset="UTF-8"' },
      });
    let pair;
    try {
      pair = new TextDecoder().decode(Uint8Array.from(atob(encoded), (c) => c.charCodeAt(0)));
    } catch (error) {
      return new Response(error.name, { status: 400 });
    }
    const at = pair.indexOf(":");
    if (!same(pair.slice(0, at), "ann") || !same(pair.slice(at + 1), env.PASSWORD))
      return new Response("no", { status: 403 });
    return new Response("welcome", { headers: { "cache-control": "no-store" } });
  },
};
