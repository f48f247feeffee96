// Work behind the response.
//> GET /start?1
//> GET /ask?1
export default {
  async fetch(request, env, ctx) {
    const { pathname, search } = new URL(request.url);
    if (pathname === "/ask") return fetch(`${env.UPSTREAM}/wait${search}`);
    ctx.waitUntil(
      (async () => {
        await new Promise((done) => setTimeout(done, 5));
        await fetch(`${env.UPSTREAM}/note${search}`, { method: "POST", body: "from behind" });
      })(),
    );
    return new Response("started");
  },
};
