// A body becomes a Blob.
//> POST / {"headers": {"content-type": "Image/PNG"}, "body": "png"}
//> POST / {"body": "untyped"}
export default {
  async fetch(request) {
    const blob = await request.blob();
    const other = await new Response("x", { headers: { "content-type": "text/html" } }).blob();
    return Response.json([blob.size, blob.type, await blob.text(), other.type]);
  },
};
