import http, { Agent, IncomingMessage, METHODS, OutgoingMessage, STATUS_CODES, ServerResponse, validateHeaderName, validateHeaderValue } from "node:http";
import https from "node:https";
import { PassThrough } from "node:stream";
import console, { Console } from "node:console";

export default async function ({ is, throws }) {
  is("STATUS_CODES", STATUS_CODES);
  is("METHODS", ["GET", "POST", "PATCH", "PROPFIND"].every((one) => METHODS.includes(one)));
  throws("bad name", () => validateHeaderName("a b"));
  throws("bad value", () => validateHeaderValue("a", "x\n"));
  throws("no value", () => validateHeaderValue("a", undefined));
  const response = new ServerResponse({ method: "GET" });
  const sent = [];
  response.assignSocket(Object.assign(new PassThrough(), { write: (chunk, encoding, done) => { sent.push(String(chunk)); if (typeof done === "function") done(); return true; }, cork() {}, uncork() {} }));
  is("chain", response.setHeader("X-A", "1") === response);
  response.setHeader("Set-Cookie", ["a=1", "b=2"]);
  response.appendHeader("X-A", "2");
  is("headers", [response.getHeader("x-a"), response.hasHeader("X-a"), response.getHeaderNames(), { ...response.getHeaders() }, response.getRawHeaderNames()]);
  response.removeHeader("x-a");
  is("removed", response.getHeader("X-A"));
  throws("invalid name", () => response.setHeader("a b", "1"));
  throws("invalid value", () => response.setHeader("a", "é€"));
  throws("undefined value", () => response.setHeader("a"));
  throws("bad status", () => response.writeHead(99));
  is("before", [response.headersSent, response.statusCode, response.finished, response.writableEnded]);
  response.statusCode = 404;
  response.write("body");
  is("after", [response.headersSent, response.statusMessage]);
  throws("set after", () => response.setHeader("x", "1"));
  response.end();
  is("ended", [response.finished, response.writableEnded]);
  is("classes", [response instanceof OutgoingMessage, Object.create(ServerResponse.prototype) instanceof OutgoingMessage, typeof IncomingMessage.prototype.read]);
  function Old(req) {
    ServerResponse.call(this, req);
  }
  Object.setPrototypeOf(Old.prototype, ServerResponse.prototype);
  is("inherited the old way", new Old({ method: "HEAD" }).statusCode);
  const agent = new Agent({ keepAlive: true, maxSockets: 5 });
  is("Agent", [agent.keepAlive, agent.maxSockets, agent.defaultPort, https.globalAgent.defaultPort, https.globalAgent instanceof Agent]);
  throws("protocol", () => http.request("https://example.com/"));
  throws("protocol of https", () => https.get("http://example.com/"));
  throws("path", () => http.request({ path: "/a b" }));
  throws("method", () => http.request({ method: "A B" }));
  const message = new IncomingMessage(new PassThrough());
  message.push("x");
  message.push(null);
  is("IncomingMessage", [(await message.toArray()).map(String), message.headers, message.method, message.url, message.statusCode]);

  is("console", [typeof console.log, console === globalThis.console]);
  const lines = [];
  const to = (name) => ({ write: (text) => void lines.push([name, text]), on() {}, once() {}, removeListener() {}, listenerCount: () => 0 });
  const own = new Console({ stdout: to("out"), stderr: to("err") });
  own.log("a %s", "b", { c: 1 });
  own.error("e");
  own.warn("w");
  own.group("g");
  own.info("inside\ntwo");
  own.groupEnd();
  own.assert(true, "no");
  own.assert(false, "why %d", 5);
  own.count();
  own.count("x");
  own.count();
  own.dir({ a: { b: { c: { d: 1 } } } }, { depth: 0 });
  is("Console", lines);
  throws("Console of nothing", () => new Console({}));
}
