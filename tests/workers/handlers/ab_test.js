// Visitors stay in their group.
//> GET / {"headers": {"cookie": "group=b"}}
//> GET / {"headers": {"cookie": "x=1; group=a"}}
//> GET /?force=b
export default {
  fetch(request) {
    const forced = new URL(request.url).searchParams.get("force");
    const group = forced ?? /group=(\w)/.exec(request.headers.get("cookie") ?? "")?.[1] ?? "a";
    const response = new Response(`version ${group}`);
    if (forced) response.headers.append("set-cookie", `group=${group}; path=/`);
    return response;
  },
};
