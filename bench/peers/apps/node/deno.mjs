// Deno.serve.
import process from "node:process";
import { DatabaseSync } from "node:sqlite";
import { open } from "./store.mjs";
import { routes } from "./web.mjs";

const { FILE, PORT } = process.env;
const headers = { "content-type": "text/plain" };
const handlers = routes(open(DatabaseSync), async () => new Response(await Deno.readFile(FILE), { headers }));

Deno.serve({ hostname: "127.0.0.1", port: Number(PORT), onListen() {} }, (request) => {
  const path = request.url.slice(request.url.indexOf("/", "http://".length));
  return (handlers[path] ?? handlers["/kv/*"])(request);
});
