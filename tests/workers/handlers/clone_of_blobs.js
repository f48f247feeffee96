// structuredClone of a Blob.
//> GET /
export default {
  async fetch() {
    const outcome = async (value) => {
      try {
        const copy = structuredClone({ value }).value;
        return [
          copy instanceof Blob,
          copy instanceof File,
          copy !== value,
          copy.type,
          copy.name,
          copy.lastModified,
          await copy.text(),
        ];
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([await outcome(new Blob(["blob"], { type: "a/b" }))]);
  },
};
