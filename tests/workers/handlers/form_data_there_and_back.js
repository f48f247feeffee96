// A FormData as body is multipart, and reads as it was.
//> GET /
export default {
  async fetch() {
    const form = new FormData();
    form.append("text", "grüße");
    form.append("file", new File(["con", "tent"], "näme.txt", { type: "text/plain" }));
    form.append("blob", new Blob([new Uint8Array([0, 255, 13, 10])]), "raw.bin");
    const response = new Response(form);
    const type = response.headers.get("content-type").replace(/boundary=.*/, "boundary=…");
    const back = await response.formData();
    const list = [];
    for (const [name, value] of back) {
      list.push(
        typeof value === "string"
          ? [name, value]
          : [name, value.name, value.type, [...new Uint8Array(await value.arrayBuffer())]],
      );
    }
    return Response.json([type, list]);
  },
};
