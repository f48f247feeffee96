// Files, and their attributes.
//> GET /
export default {
  async fetch() {
    const file = new File(["content"], "a.txt", { type: "text/plain", lastModified: 1234 });
    const outcome = (...args) => {
      try {
        return new File(...args).name;
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      file.name,
      file.size,
      file.type,
      file.lastModified,
      await file.text(),
      file instanceof Blob,
      file.slice(0, 3) instanceof File,
      outcome(["x"]),
      outcome(),
      outcome([], 7),
      Object.prototype.toString.call(file),
    ]);
  },
};
