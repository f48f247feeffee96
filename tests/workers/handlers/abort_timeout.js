// A signal that aborts by itself.
//> GET /
export default {
  async fetch() {
    const signal = AbortSignal.timeout(5);
    const reason = await new Promise((done) => signal.addEventListener("abort", () => done(signal.reason)));
    return Response.json([reason.name, reason.code, reason instanceof DOMException, signal.aborted]);
  },
};
