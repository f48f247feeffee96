// By UTF-16 code units, and stable.
//> GET /
export default {
  fetch() {
    const params = new URLSearchParams("z=1&\ufb03=2&\ud83c\udf08=3&a=4&z=0&A=5&a=3");
    params.sort();
    return Response.json([...params]);
  },
};
