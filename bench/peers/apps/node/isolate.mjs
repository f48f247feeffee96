// A V8 isolate for each request: isolated-vm behind node:http, from a snapshot of the application.
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { sign, verify } from "./jwt.mjs";

const ivm = createRequire(import.meta.url)(process.env.ISOLATED_VM);
const APPLICATION = `
function handle(path, authorization, body) {
  switch (path) {
    case "/hello":
      return "hello";
    case "/echo":
      return JSON.stringify(JSON.parse(body));
    case "/verify":
      return verify(authorization.slice("Bearer ".length)).sub;
    case "/sign":
      return sign({ sub: "ada" });
  }
}
`;
const snapshot = ivm.Isolate.createSnapshot([{ code: APPLICATION }]);
const COPIED = { arguments: { copy: true }, result: { copy: true } };

function answer(request, body) {
  const isolate = new ivm.Isolate({ memoryLimit: 16, snapshot });
  const context = isolate.createContextSync();
  context.global.setSync("sign", new ivm.Callback(sign));
  context.global.setSync("verify", new ivm.Callback(verify));
  const handle = context.global.getSync("handle", { reference: true });
  const text = handle.applySync(undefined, [request.url, request.headers.authorization, body], COPIED);
  isolate.dispose();
  return text;
}

createServer((request, response) => {
  const parts = [];
  request.on("data", (part) => parts.push(part));
  request.on("end", () => {
    const text = answer(request, Buffer.concat(parts).toString());
    const type = request.url === "/echo" ? "application/json" : "text/plain";
    response.writeHead(200, { "content-type": type, "content-length": Buffer.byteLength(text) });
    response.end(text);
  });
}).listen(process.env.PORT, "127.0.0.1");
