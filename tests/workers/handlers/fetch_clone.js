// A response, read twice.
//> GET /
export default {
  async fetch(request, env) {
    const response = await fetch(`${env.UPSTREAM}/json`);
    const copy = response.clone();
    let refused = "no";
    try {
      copy.headers.set("x-mine", "1");
    } catch (error) {
      refused = error.name;
    }
    return Response.json([await response.text(), await copy.text(), refused]);
  },
};
