// 204, 205 and 304 have none.
//> GET /204
//> GET /205
//> GET /304
//> GET /body
export default {
  fetch(request) {
    const path = new URL(request.url).pathname.slice(1);
    if (path !== "body") return new Response(null, { status: Number(path), headers: { "x-a": "b" } });
    return Response.json(
      [204, 205, 304, 404].map((status) => {
        try {
          return new Response("x", { status }).status;
        } catch (error) {
          return error.name;
        }
      }),
    );
  },
};
