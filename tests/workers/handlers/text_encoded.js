// UTF-8 of all kinds of text.
//> GET /
export default {
  fetch() {
    const encoder = new TextEncoder();
    const texts = ["", "abc", "é", "€", "😀", "\ud800", "a\udc00b", "\0"];
    return Response.json([
      encoder.encoding,
      texts.map((text) => [...encoder.encode(text)]),
      encoder.encode().length,
      encoder.encode(12).length,
    ]);
  },
};
