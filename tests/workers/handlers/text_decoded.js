// UTF-8 that is well-formed, and that is not.
//> GET /
export default {
  fetch() {
    const bytes = [
      [],
      [97],
      [0xc3, 0xa9],
      [0xef, 0xbb, 0xbf, 97],
      [0xff],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98, 0x80],
      [0xed, 0xa0, 0x80],
      [0xc0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
    ];
    const outcome = (list, label, options) => {
      try {
        return new TextDecoder(label, options).decode(new Uint8Array(list));
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      bytes.map((list) => outcome(list)),
      bytes.map((list) => outcome(list, "utf-8", { fatal: true })),
      bytes.map((list) => outcome(list, "utf8", { ignoreBOM: true })),
    ]);
  },
};
