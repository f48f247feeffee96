// Node.js: node:http, without isolation.
import { readFile } from "node:fs/promises";
import { Agent, createServer, request as ask } from "node:http";
import { DatabaseSync } from "node:sqlite";
import { sign, verify } from "./jwt.mjs";
import { open } from "./store.mjs";

const { FILE, PORT, UPSTREAM } = process.env;
const store = open(DatabaseSync);
const agent = new Agent({ keepAlive: true });
const chunk = Buffer.alloc(1024, "x");

function send(response, text, type = "text/plain") {
  response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) });
  response.end(text);
}

function body(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    request.on("data", (part) => parts.push(part));
    request.on("end", () => resolve(Buffer.concat(parts).toString()));
    request.on("error", reject);
  });
}

function stream(response) {
  response.writeHead(200, { "content-type": "text/plain" });
  for (let i = 0; i < 4; i += 1) response.write(chunk);
  response.end();
}

function pass(response) {
  const upstream = ask(UPSTREAM, { agent }, (answer) => {
    response.writeHead(answer.statusCode, answer.headers);
    answer.pipe(response);
  });
  upstream.end();
}

async function kv(request, response) {
  const key = request.url.slice("/kv/".length);
  if (request.method === "PUT") {
    store.put(key, await body(request));
    send(response, "stored");
  } else {
    send(response, store.get(key));
  }
}

async function answer(request, response) {
  switch (request.url) {
    case "/hello":
      return send(response, "hello");
    case "/echo":
      return send(response, JSON.stringify(JSON.parse(await body(request))), "application/json");
    case "/verify":
      return send(response, verify(request.headers.authorization.slice("Bearer ".length)).sub);
    case "/sign":
      return send(response, sign({ sub: "ada" }));
    case "/static/file.txt":
      return send(response, await readFile(FILE));
    case "/stream":
      return stream(response);
    case "/fetch":
      return pass(response);
    default:
      return kv(request, response);
  }
}

createServer(answer).listen(PORT, "127.0.0.1");
