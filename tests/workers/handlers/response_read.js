// All ways to read a body.
//> GET /
export default {
  async fetch() {
    const text = '{"a": "é"}';
    return Response.json([
      await new Response(text).text(),
      await new Response(text).json(),
      (await new Response(text).arrayBuffer()).byteLength,
      (await new Response(text).bytes()).length,
      (await new Response(text).blob()).size,
      await new Response("{").json().catch((error) => error.name),
      await new Response().text(),
      await new Response("\ufeffbom").text(),
      await new Response(new Uint8Array([0xff, 0x61])).text(),
    ]);
  },
};
