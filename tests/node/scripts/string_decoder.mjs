import { StringDecoder } from "node:string_decoder";

export default function ({ is, throws }) {
  for (const encoding of ["utf8", "utf16le", "base64", "hex", "latin1", "ascii"]) {
    const decoder = new StringDecoder(encoding);
    const bytes = Buffer.from("a€𝌆é", encoding === "utf16le" ? "utf16le" : "utf8");
    is(`${encoding} byte by byte`, [...bytes].map((byte) => decoder.write(Buffer.from([byte]))));
    is(`${encoding} end`, decoder.end());
    is(`${encoding} cut`, decoder.write(bytes.subarray(0, bytes.length - 1)) + decoder.end());
    is(`${encoding} end with bytes`, decoder.end(Buffer.from([0xe2, 0x82])));
  }
  is("encoding", new StringDecoder("UCS2").encoding);
  throws("unknown", () => new StringDecoder("nope"));
}
