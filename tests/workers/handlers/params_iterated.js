// keys, values, entries and forEach.
//> GET /?a=1&b=2
export default {
  fetch(request) {
    const params = new URL(request.url).searchParams;
    const seen = [];
    params.forEach((value, name, list) => seen.push([name, value, list === params]));
    const iterator = params.keys();
    return Response.json([
      seen,
      [...params.keys()],
      [...params.values()],
      iterator.next().value,
      iterator.next().done,
      iterator.next().done,
      iterator[Symbol.iterator]() === iterator,
      params[Symbol.iterator] === params.entries,
    ]);
  },
};
