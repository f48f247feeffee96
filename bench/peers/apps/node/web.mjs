// Handlers in web standard for the servers that take them: Deno and Bun.
import echo from "../echo.js";
import hello from "../hello.js";
import pass from "../fetch.js";
import stream from "../stream.js";
import { sign, verify } from "./jwt.mjs";

export function routes(store, file) {
  async function kv(request) {
    const key = request.url.slice(request.url.lastIndexOf("/") + 1);
    if (request.method === "PUT") {
      store.put(key, await request.text());
      return new Response("stored");
    }
    return new Response(store.get(key));
  }

  return {
    "/hello": hello.fetch,
    "/echo": echo.fetch,
    "/verify": (request) => new Response(verify(request.headers.get("authorization").slice("Bearer ".length)).sub),
    "/sign": () => new Response(sign({ sub: "ada" })),
    "/static/file.txt": file,
    "/stream": stream.fetch,
    "/fetch": (request) => pass.fetch(request, process.env),
    "/kv/*": kv,
  };
}
