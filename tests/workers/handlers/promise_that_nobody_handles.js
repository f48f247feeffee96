// A rejection that nobody handles does not end the request.
//> GET /
export default {
  async fetch() {
    Promise.reject(new Error("nobody"));
    (async () => {
      throw new Error("nobody either");
    })();
    await new Promise((done) => setTimeout(done, 1));
    return new Response("fine");
  },
};
