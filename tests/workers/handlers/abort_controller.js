// Signals and their reasons.
//> GET /
export default {
  async fetch() {
    const seen = [];
    const controller = new AbortController();
    const { signal } = controller;
    seen.push(signal.aborted, signal.reason ?? "none");
    signal.addEventListener("abort", (event) => seen.push(event.type, event.target === signal));
    signal.onabort = () => seen.push("onabort");
    controller.abort(new Error("enough"));
    controller.abort("again");
    seen.push(signal.aborted, signal.reason.message);
    try {
      signal.throwIfAborted();
    } catch (error) {
      seen.push(error.message);
    }
    const plain = AbortSignal.abort();
    seen.push(plain.reason.name, plain.reason.code, plain.reason instanceof DOMException, AbortSignal.abort(7).reason);
    return Response.json(seen);
  },
};
