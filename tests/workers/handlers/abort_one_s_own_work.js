// Work of one's own that looks at a signal.
//> GET /
async function work(signal) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve("done"), 20);
    signal.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        reject(signal.reason);
      },
      { once: true },
    );
  });
}
export default {
  async fetch() {
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 1);
    const outcomes = await Promise.allSettled([work(controller.signal), work(new AbortController().signal)]);
    return Response.json(outcomes.map(({ value, reason }) => value ?? reason.name));
  },
};
