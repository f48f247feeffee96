// What is percent-encoded where.
//> GET /
export default {
  fetch() {
    const odd = "\u00e9 \"'<>`{}|\\^[]@:;=+$,!*()~%41%";
    return Response.json([
      new URL(`https://h/${odd}`).pathname,
      new URL(`https://h/?${odd}`).search,
      new URL(`https://h/#${odd}`).hash,
      new URL(`x:${odd}`).pathname,
      new URLSearchParams([[odd, odd]]).toString(),
      encodeURIComponent(odd),
      encodeURI(odd),
      escape(odd),
      unescape("%u20ac%e9%zz"),
    ]);
  },
};
