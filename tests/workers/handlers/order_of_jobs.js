// Microtasks, timers and their order.
//> GET /
export default {
  async fetch() {
    const seen = [];
    setTimeout(() => seen.push("timeout 0"), 0);
    setTimeout((...args) => seen.push(`timeout 1 ${args}`), 1, "a", "b");
    const cleared = setTimeout(() => seen.push("never"), 0);
    clearTimeout(cleared);
    queueMicrotask(() => seen.push("microtask"));
    Promise.resolve().then(() => seen.push("then"));
    (async () => {
      seen.push("async begins");
      await null;
      seen.push("async goes on");
    })();
    seen.push("sync");
    await new Promise((done) => setTimeout(done, 10));
    return Response.json(seen);
  },
};
