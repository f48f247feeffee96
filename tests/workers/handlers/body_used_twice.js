// A body can be read once.
//> POST / {"body": "once"}
export default {
  async fetch(request) {
    const seen = [request.bodyUsed, await request.text(), request.bodyUsed];
    for (const method of ["text", "json", "arrayBuffer", "formData", "blob"])
      seen.push(await request[method]().catch((error) => error.name));
    try {
      request.clone();
    } catch (error) {
      seen.push(error.name);
    }
    const response = new Response("x");
    response.body.getReader();
    seen.push(response.bodyUsed, await response.text().catch((error) => error.name));
    return Response.json(seen);
  },
};
