// done: the web objects and the request's body
import { assert, check, history, report } from "./pristine.js";

export default {
  async fetch(request, env) {
    check(request);
    const url = new URL("../x?a=1&a=2&b=%20#h", request.url);
    assert(url.searchParams.getAll("a").join() === "1,2" && url.pathname === "/x", url.href);
    assert(request.method === "POST" && (await request.text()) === "body", "body");
    const headers = new Headers({ "X-One": "1" });
    headers.append("x-one", "2");
    assert(headers.get("X-ONE") === "1, 2" && env.TOKEN === "token" && process.env.REGION === "here", "env");
    assert(atob(btoa("edgelet")) === "edgelet", "base64");
    const copy = structuredClone({ a: [1, { b: new Date(0) }] });
    assert(copy.a[1].b.getTime() === 0, "structuredClone");
    Response.prototype.text = Headers.prototype.get = null;
    history.push(copy);
    return report();
  },
};
