// Uint8Array's own base64 and hex, where they are there.
//> GET /
export default {
  fetch() {
    if (!Uint8Array.fromBase64) return Response.json("none");
    const bytes = new Uint8Array([250, 255, 0, 1]);
    return Response.json([
      bytes.toBase64(),
      bytes.toBase64({ alphabet: "base64url", omitPadding: true }),
      bytes.toHex(),
      [...Uint8Array.fromBase64("+v8AAQ==")],
      [...Uint8Array.fromHex("faff")],
    ]);
  },
};
