// Packs and unpacks with zlib.
import { deflate, gzip, inflate, ungzip } from "pako";

export default {
  async fetch(request) {
    const data = await request.bytes();
    const packed = deflate(data);
    const back = new TextDecoder().decode(inflate(packed));
    return Response.json({
      packed: packed.length,
      back: back.length,
      same: new TextDecoder().decode(ungzip(gzip(data))) === back,
    });
  },
};

export const requests = [
  { method: "POST", path: "/", body: "é edgelet ".repeat(300), answer: { packed: 44, back: 3000, same: true } },
];
