// encodeInto stops where there is no room.
//> GET /
export default {
  fetch() {
    const encoder = new TextEncoder();
    const into = (text, size) => {
      const bytes = new Uint8Array(size);
      return [encoder.encodeInto(text, bytes), [...bytes]];
    };
    return Response.json([into("abc", 2), into("a€", 3), into("😀", 4), into("😀x", 3), into("", 1)]);
  },
};
