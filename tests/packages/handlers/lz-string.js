// Packs texts for URLs.
import LZString from "lz-string";

export default {
  async fetch(request) {
    const text = await request.text();
    const packed = LZString.compressToEncodedURIComponent(text);
    return Response.json({ packed, same: LZString.decompressFromEncodedURIComponent(packed) === text });
  },
};

export const requests = [
  { method: "POST", path: "/", body: "hello hello hello", answer: { packed: "BYUwNmD2AEoTcpA", same: true } },
];
