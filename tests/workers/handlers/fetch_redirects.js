// Redirects, followed and not.
//> GET /
export default {
  async fetch(request, env) {
    const get = async (path, init) => {
      try {
        const response = await fetch(env.UPSTREAM + path, init);
        const body =
          response.headers.get("content-type") === "application/json" ? await response.json() : await response.text();
        return [response.status, response.redirected, response.url.slice(env.UPSTREAM.length), body];
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      await get("/redirect?status=302&to=/echo"),
      await get("/redirect?status=301&to=/method", { method: "POST", body: "x" }),
      await get("/redirect?status=303&to=/method", { method: "PUT", body: "x" }),
      await get("/redirect?status=307&to=/echo", { method: "POST", body: "kept" }),
      await get("/redirect?status=302&to=/echo", { redirect: "manual" }),
      await get("/redirect?status=302&to=/redirect?status=308%26to=/echo"),
      await get("/loop"),
    ]);
  },
};
