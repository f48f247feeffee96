// A signal ends a request.
//> GET /
export default {
  async fetch(request, env) {
    const outcome = (promise) =>
      promise.then(
        () => "answered",
        (error) => [error.name, error instanceof DOMException],
      );
    const controller = new AbortController();
    const waiting = outcome(fetch(`${env.UPSTREAM}/never`, { signal: controller.signal }));
    controller.abort();
    return Response.json([
      await waiting,
      await outcome(fetch(`${env.UPSTREAM}/echo`, { signal: AbortSignal.abort() })),
      await outcome(fetch(`${env.UPSTREAM}/never`, { signal: AbortSignal.timeout(5) })),
      await fetch(`${env.UPSTREAM}/echo`, { signal: AbortSignal.abort("own") }).catch((error) => error),
    ]);
  },
};
