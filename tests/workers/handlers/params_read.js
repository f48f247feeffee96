// A query, read.
//> GET /?a=1&b=2&a=3&c&=d&e=%F0%9F%98%80&f=%zz&g=a+b
export default {
  fetch(request) {
    const { searchParams } = new URL(request.url);
    return Response.json({
      all: [...searchParams],
      a: searchParams.get("a"),
      every: searchParams.getAll("a"),
      none: searchParams.get("none"),
      has: [searchParams.has("c"), searchParams.has("a", "3"), searchParams.has("a", "4")],
      size: searchParams.size,
      text: searchParams.toString(),
      object: Object.fromEntries(searchParams),
    });
  },
};
