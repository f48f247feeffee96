// set() and delete() are for all lines of a name.
//> GET /
export default {
  fetch() {
    const headers = new Headers();
    const seen = [];
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    seen.push(headers.getSetCookie());
    headers.set("set-cookie", "c=3");
    seen.push(headers.getSetCookie(), headers.has("Set-Cookie"));
    headers.delete("SET-cookie");
    seen.push(headers.getSetCookie(), headers.has("Set-Cookie"), headers.get("set-cookie"));
    return Response.json(seen);
  },
};
