// A URL follows its searchParams.
//> GET /p?b=2&a=1&b=1
export default {
  fetch(request) {
    const url = new URL(request.url);
    const params = url.searchParams;
    const seen = [];
    params.append("c", "ü &");
    seen.push(url.search);
    params.set("b", "3");
    seen.push(url.search);
    params.sort();
    seen.push(url.search);
    params.delete("a", "none");
    params.delete("c");
    seen.push(url.search);
    url.search = "?new=1";
    seen.push(params.get("new"), params.size);
    params.delete("new");
    seen.push(url.href, url.searchParams === params);
    return Response.json(seen);
  },
};
