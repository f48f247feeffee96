// UTF-16 and windows-1252, by all their names.
//> GET /
export default {
  fetch() {
    const decode = (label, ...bytes) => {
      const decoder = new TextDecoder(label);
      return [decoder.encoding, decoder.decode(new Uint8Array(bytes))];
    };
    const names = [
      "latin1",
      "ASCII",
      "iso-8859-1",
      "windows-1252",
      "utf-16le",
      "utf-16",
      " UTF-8 ",
      "unicode-1-1-utf-8",
    ];
    let unknown;
    try {
      new TextDecoder("klingon");
    } catch (error) {
      unknown = error.name;
    }
    return Response.json([
      names.map((name) => decode(name, 0x41, 0x00)),
      decode("latin1", 0x80, 0xe9, 0x9f),
      decode("utf-16le", 0x3d, 0xd8, 0x00, 0xde),
      decode("utf-16be", 0xd8, 0x3d, 0xde, 0x00),
      unknown,
    ]);
  },
};
