// CBOR, both ways.
import { decode, encode } from "cborg";

export default {
  async fetch(request) {
    const bytes = encode(await request.json());
    const text = decode(Uint8Array.of(0x82, 0x19, 0x03, 0xe8, 0x62, 0xc3, 0xbc));
    return Response.json({ back: decode(bytes), text });
  },
};

export const requests = [
  // RFC 8949, appendix A: 1000 and "ü".
  {
    method: "POST",
    path: "/",
    body: '{"a":[1,-2.5,"é",null]}',
    answer: { back: { a: [1, -2.5, "é", null] }, text: [1000, "ü"] },
  },
];
