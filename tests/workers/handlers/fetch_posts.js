// Bodies of all kinds go out.
//> GET /
export default {
  async fetch(request, env) {
    const send = async (init) => (await fetch(`${env.UPSTREAM}/echo`, init)).json();
    return Response.json([
      await send({ method: "POST", body: "text" }),
      await send({ method: "PUT", body: JSON.stringify({ a: 1 }), headers: { "content-type": "application/json" } }),
      await send({ method: "POST", body: new URLSearchParams({ a: "b c" }) }),
      await send({ method: "POST", body: new Uint8Array([65, 66]) }),
      await send({ method: "POST", body: new Blob(["blob"], { type: "x/y" }) }),
      await send({ method: "DELETE" }),
      await send({ method: "patch", body: "p" }),
      await send({ method: "post", body: "lower case" }),
    ]);
  },
};
