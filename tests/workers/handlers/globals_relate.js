// self, and how globals relate.
//> GET /
export default {
  fetch() {
    return Response.json([
      self === globalThis,
      self.Response === Response,
      typeof self.addEventListener,
      Object.prototype.toString.call(crypto),
      crypto.subtle === crypto.subtle,
      Object.getPrototypeOf(File) === Blob,
      Object.getPrototypeOf(AbortSignal) === EventTarget,
      Object.getPrototypeOf(CustomEvent) === Event,
      DOMException.prototype instanceof Error,
      Request.name,
      Headers.length,
    ]);
  },
};
