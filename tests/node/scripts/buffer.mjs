import { Buffer, constants, isAscii, isUtf8, transcode } from "node:buffer";

const TEXT = "héllo wörld ✓ 𝌆 \0x";

export default function ({ is, throws }) {
  is("global", Buffer === globalThis.Buffer);
  for (const encoding of ["utf8", "utf-8", "UTF8", "hex", "base64", "base64url", "latin1", "binary", "ascii", "ucs2", "utf16le", "UTF-16LE"]) {
    const text = encoding === "hex" ? "00ff10zz" : encoding.startsWith("base64") ? "aGk_aGk-/w" : TEXT;
    is(`from ${encoding}`, [...Buffer.from(text, encoding)]);
    is(`to ${encoding}`, Buffer.from([0, 104, 195, 169, 255, 128, 10, 0xd8, 0x34]).toString(encoding));
    is(`byteLength ${encoding}`, Buffer.byteLength(text, encoding));
    is(`write ${encoding}`, (() => {
      const b = Buffer.alloc(12);
      return [b.write(text, 2, encoding), ...b];
    })());
  }
  throws("unknown encoding", () => Buffer.from("a", "nope"));
  throws("unknown encoding of toString", () => Buffer.from("a").toString("nope"));
  is("isEncoding", ["utf8", "hex", "HEX", "x", "", 5, "utf-16le"].map((one) => Buffer.isEncoding(one)));
  is("base64 with noise", Buffer.from("aG k\n=x", "base64").toString());
  is("odd hex", [...Buffer.from("abc", "hex")]);
  is("from array", [...Buffer.from([1, 256, -1, 3.7, "4"])]);
  is("from array buffer", (() => {
    const ab = new ArrayBuffer(8);
    const b = Buffer.from(ab, 2, 3);
    b.fill(1);
    return [b.length, ...new Uint8Array(ab)];
  })());
  is("from buffer copies", (() => {
    const a = Buffer.from("abc");
    const b = Buffer.from(a);
    b[0] = 0;
    return a.toString();
  })());
  is("from json", Buffer.from(JSON.parse(JSON.stringify(Buffer.from("hi")))).toString());
  is("from String object", Buffer.from(new String("x")).toString());
  is("from like", [...Buffer.from({ length: 3, 0: 1, 1: 2, 2: 3 })]);
  is("from toPrimitive", Buffer.from({ [Symbol.toPrimitive]: () => "prim" }).toString());
  throws("from number", () => Buffer.from(5));
  throws("from null", () => Buffer.from(null));
  throws("from object", () => Buffer.from({}));
  throws("from bad offset", () => Buffer.from(new ArrayBuffer(2), 3));
  throws("from bad length", () => Buffer.from(new ArrayBuffer(2), 1, 5));
  is("alloc", [[...Buffer.alloc(3)], [...Buffer.alloc(5, "ab")], [...Buffer.alloc(3, 7)], Buffer.allocUnsafe(4).length]);
  throws("alloc text", () => Buffer.alloc("5"));
  is("concat", [Buffer.concat([Buffer.from("a"), Buffer.from("bc")]).toString(), Buffer.concat([Buffer.from("abc")], 2).toString(), Buffer.concat([], 2).length]);
  throws("concat bad", () => Buffer.concat("a"));
  is("compare", [Buffer.compare(Buffer.from("a"), Buffer.from("b")), Buffer.from("b").compare(Buffer.from("a")), Buffer.from("abc").compare(Buffer.from("bc"), 0, 1, 1, 2)]);
  is("equals", [Buffer.from("a").equals(new Uint8Array([97])), Buffer.from("a").equals(Buffer.from("b"))]);
  throws("equals text", () => Buffer.from("a").equals("a"));
  is("isBuffer", [Buffer.isBuffer(Buffer.alloc(1)), Buffer.isBuffer(new Uint8Array(1)), Buffer.from("a") instanceof Uint8Array]);
  const b = Buffer.from("hello world, hello");
  is("indexOf", [b.indexOf("hello"), b.indexOf("hello", 1), b.indexOf(Buffer.from("o w")), b.indexOf(119), b.indexOf("zz"), b.lastIndexOf("hello"), b.lastIndexOf("hello", -6), b.includes("world")]);
  is("slice", [b.slice(0, 5).toString(), b.subarray(-5).toString(), b.slice(3, 1).length, Buffer.isBuffer(b.slice(1))]);
  is("slice shares", (() => {
    const c = Buffer.from("abc");
    c.slice(1)[0] = 0x78;
    return c.toString();
  })());
  is("copy", (() => {
    const t = Buffer.alloc(5, ".");
    return [Buffer.from("abcdef").copy(t, 1, 2, 5), t.toString()];
  })());
  is("fill", [Buffer.alloc(5).fill("ab", 1).toString(), Buffer.alloc(4).fill("6162", "hex").toString(), Buffer.alloc(4).fill(0x141).toString("hex"), Buffer.alloc(3).fill("").toString("hex")]);
  is("swap", [Buffer.from([1, 2, 3, 4]).swap16(), Buffer.from([1, 2, 3, 4]).swap32(), Buffer.from([1, 2, 3, 4, 5, 6, 7, 8]).swap64()]);
  throws("swap16 odd", () => Buffer.alloc(3).swap16());
  is("toJSON", Buffer.from([1, 2]).toJSON());
  is("toString range", [b.toString("utf8", 6, 11), b.toString("utf8", -3, 2), b.toString(undefined, 13), b.toString("hex", 5, 3)]);
  is("numbers", (() => {
    const n = Buffer.alloc(8);
    const out = [];
    n.writeUInt32BE(0xdeadbeef, 0);
    out.push(n.readUInt32LE(0), n.readInt16BE(0), n.readUint8(3), n.readInt8(0), n.readUIntBE(0, 3), n.readIntLE(1, 3));
    n.writeDoubleBE(Math.PI);
    out.push(n.toString("hex"), n.readDoubleBE(), n.readFloatLE(2));
    n.writeBigInt64LE(-5n);
    out.push(n.readBigUInt64LE(), n.readBigInt64BE(), n.writeIntBE(-129, 0, 2), n.readIntBE(0, 2), n.writeInt32LE(-1, 4));
    return out;
  })());
  throws("read beyond", () => Buffer.alloc(2).readUInt32LE(0));
  throws("read offset", () => Buffer.alloc(8).readUInt32LE(6));
  throws("read half", () => Buffer.alloc(8).readUInt8(0.5));
  throws("read text", () => Buffer.alloc(8).readUInt8("0"));
  throws("write too much", () => Buffer.alloc(4).writeUInt8(256));
  throws("write offset", () => Buffer.alloc(4).writeInt32BE(1, 1));
  throws("write number", () => Buffer.alloc(4).write(5));
  throws("write offset beyond", () => Buffer.alloc(4).write("a", 9));
  is("write cut", (() => {
    const c = Buffer.alloc(4);
    return [c.write("aé✓"), ...c, c.write("xyz", 1, 1), ...c];
  })());
  is("isUtf8", [isUtf8(Buffer.from("é")), isUtf8(Buffer.from([255])), isAscii(Buffer.from("a")), isAscii(Buffer.from("é"))]);
  is("transcode", [transcode(Buffer.from("€é"), "utf8", "latin1"), transcode(Buffer.from("é"), "utf8", "utf16le"), transcode(Buffer.from([0xe9]), "latin1", "utf8")]);
  is("constants", typeof constants.MAX_LENGTH);
  is("iterate", [[...Buffer.from("ab").entries()], [...Buffer.from("ab").keys()], [...Buffer.from("ab").values()]]);
  is("map gives buffers", Buffer.isBuffer(Buffer.from("ab").map((x) => x + 1)));
  is("lossy utf8", Buffer.from([0xe2, 0x82, 0x61, 0xff]).toString());
  is("lone surrogate", [...Buffer.from("\ud800x")]);
  is("BOM stays", Buffer.from([0xef, 0xbb, 0xbf, 0x61]).toString().length);
  is("copyBytesFrom", [...Buffer.copyBytesFrom(new Uint16Array([1, 2, 3]), 1, 1)]);
  is("of", [...Buffer.of(1, 2, 300)]);
}
