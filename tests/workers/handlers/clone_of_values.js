// structuredClone of what it takes.
//> GET /
export default {
  fetch() {
    const source = {
      date: new Date(5),
      regexp: /a+/gi,
      map: new Map([["k", { v: 1 }]]),
      set: new Set([1, "2"]),
      bytes: new Uint8Array([1, 2]),
      list: [1, , 3],
      nothing: undefined,
      big: 10n,
      error: new RangeError("out"),
      nested: {},
    };
    source.self = source;
    source.twice = source.nested;
    const copy = structuredClone(source);
    return Response.json([
      copy !== source,
      copy.self === copy,
      copy.twice === copy.nested,
      copy.date.getTime(),
      String(copy.regexp),
      [...copy.map],
      [...copy.set],
      [...copy.bytes],
      copy.bytes.buffer !== source.bytes.buffer,
      copy.list.length,
      1 in copy.list,
      "nothing" in copy,
      String(copy.big),
      copy.error.name,
      copy.error.message,
      copy.error instanceof RangeError,
    ]);
  },
};
