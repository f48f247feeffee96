// @msgpack/msgpack: binary JSON, both ways.
import { decode, encode } from "@msgpack/msgpack";

export default {
  async fetch(request) {
    const bytes = encode(await request.json());
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return Response.json({ hex, back: decode(bytes) });
  },
};

export const requests = [
  {
    // The specification's first example.
    method: "POST",
    path: "/",
    body: '{"compact":true,"schema":0}',
    answer: { hex: "82a7636f6d70616374c3a6736368656d6100", back: { compact: true, schema: 0 } },
  },
];
