// An iterator sees what is there when it goes on.
//> GET /
export default {
  fetch() {
    const headers = new Headers({ a: "1", b: "2", c: "3" });
    const seen = [];
    for (const [name] of headers) {
      seen.push(name);
      if (name === "a") headers.delete("a");
      if (seen.length > 9) break;
    }
    return Response.json(seen.length > 0 && [...headers.keys()]);
  },
};
