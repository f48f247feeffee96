// Sorting and normalizing.
//> GET /
export default {
  fetch() {
    const words = ["b", "a", "B", "Z", "10", "9", "é", "e\u0301"];
    return Response.json([
      words.toSorted(),
      words.map((word) => word.normalize("NFD").length),
      "straße".toUpperCase(),
      "İ".toLowerCase().length,
      "ΑΣ".toLowerCase(),
      "\ud800".isWellFormed(),
      "a\ud800".toWellFormed(),
      "abc".at(-1),
      "x".padStart(3, "ab"),
      "a-b-c".replaceAll("-", () => "+"),
    ]);
  },
};
