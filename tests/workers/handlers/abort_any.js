// One of several signals.
//> GET /
export default {
  async fetch() {
    const [one, two] = [new AbortController(), new AbortController()];
    const any = AbortSignal.any([one.signal, two.signal]);
    const seen = [any.aborted];
    any.addEventListener("abort", () => seen.push("fired"));
    two.abort("second");
    one.abort("first");
    seen.push(
      any.aborted,
      any.reason,
      AbortSignal.any([AbortSignal.abort("at once"), two.signal]).reason,
      AbortSignal.any([]).aborted,
    );
    return Response.json(seen);
  },
};
