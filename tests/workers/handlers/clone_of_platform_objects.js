// structuredClone of what the platform has: few objects of it can be cloned.
//> GET / {"headers": {"x-a": "b"}}
const classes = {
  AbortController: () => new AbortController(),
  CompressionStream: () => new CompressionStream("gzip"),
  Event: () => new Event("e"),
  EventTarget: () => new EventTarget(),
  FormData: () => new FormData(),
  ReadableStream: () => new ReadableStream(),
  RequestWithBody: () => new Request("https://a.test/", { method: "POST", body: "b" }),
  Response: () => new Response("b"),
  TextEncoder: () => new TextEncoder(),
  URL: () => new URL("https://a.test/"),
  URLSearchParams: () => new URLSearchParams("a=b"),
};

export default {
  fetch(request) {
    const outcome = (make) => {
      try {
        return Object.prototype.toString.call(structuredClone(make()));
      } catch (error) {
        return [error.name, error.code];
      }
    };
    const refused = Object.entries(classes).map(([name, make]) => [name, outcome(make)]);

    const exception = new DOMException("over", "AbortError");
    const { copy, again } = structuredClone({ copy: exception, again: exception });
    const exceptions = [
      copy instanceof DOMException,
      copy !== exception,
      copy === again,
      copy.name,
      copy.message,
      copy.code,
      outcome(() => new Error("with", { cause: exception })),
      structuredClone(new Error("with", { cause: exception })).cause.name,
    ];

    const headers = structuredClone(new Headers({ a: "b" }));
    headers.append("a", "c");
    const copied = structuredClone(request);
    const posted = structuredClone(new Request("https://a.test/x", { method: "PUT", headers, redirect: "manual" }));
    return Response.json([
      refused,
      exceptions,
      [...headers],
      [copied instanceof Request, copied !== request, copied.url, copied.headers.get("x-a"), copied.body],
      [posted.method, posted.url, [...posted.headers], posted.redirect],
    ]);
  },
};
