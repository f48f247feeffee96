// A request, changed on its way.
//> POST /some/path?x=1 {"headers": {"content-type": "application/json", "x-a": "1", "cookie": "secret"}, "body": "{\"n\": 1}"}
export default {
  async fetch(request, env) {
    const altered = new Request(`${env.UPSTREAM}/echo`, {
      method: "PUT",
      headers: new Headers(request.headers),
      body: JSON.stringify({ ...(await request.json()), more: true }),
    });
    altered.headers.set("x-a", "2");
    altered.headers.delete("cookie");
    return fetch(altered);
  },
};
