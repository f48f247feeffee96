// Asks handlers in Node.js what they are asked on the device, and prints what they answer: the reference.
//
// node oracle.mjs FOLDER BASE UPSTREAM: FOLDER has the handlers, BASE is the device's URL, UPSTREAM that of the server
// that handlers fetch from. Prints JSON: for each file, by its name, { project, lacks, requests, answers }, of an
// answer { status, headers: [[name, value]], body: text }.
import { readdirSync } from "node:fs";
import path from "node:path";
import { pathToFileURL } from "node:url";

const [folder, base, upstream] = process.argv.slice(2);
const ctx = { waitUntil() {}, passThroughOnException() {} };

async function fetched(handler, { path: target, method, headers, body }, env) {
  // Bytes, since text would bring a Content-Type.
  const bytes = body === undefined ? undefined : new TextEncoder().encode(body);
  const response = await handler.fetch(new Request(base + target, { method, headers, body: bytes }), env, ctx);
  return { status: response.status, headers: [...response.headers], body: await response.text() };
}

// As AWS gives it to functions behind an HTTP API (version 2.0) or a REST API (1.0).
function lambdaEvent({ path: target, method = "GET", headers = {}, body = null }, version) {
  const { pathname, search, searchParams, host } = new URL(base + target);
  const all = { host, ...headers };
  if (version === "2.0") {
    const requestContext = { http: { method, path: pathname, sourceIp: "127.0.0.1" }, stage: "$default" };
    const rawQueryString = search.slice(1);
    return { version, rawPath: pathname, rawQueryString, headers: all, requestContext, body, isBase64Encoded: false };
  }
  return {
    version: "1.0",
    httpMethod: method,
    path: pathname,
    headers: all,
    multiValueHeaders: Object.fromEntries(Object.entries(all).map(([name, value]) => [name, [value]])),
    queryStringParameters: Object.fromEntries(searchParams),
    multiValueQueryStringParameters: Object.fromEntries(
      [...searchParams.keys()].map((k) => [k, searchParams.getAll(k)]),
    ),
    requestContext: { identity: { sourceIp: "127.0.0.1" } },
    body,
    isBase64Encoded: false,
  };
}

async function handled(handler, request, version) {
  const answer = await handler(lambdaEvent(request, version), { getRemainingTimeInMillis: () => 1000 });
  const headers = Object.entries({ ...answer.headers }).map(([name, value]) => [name.toLowerCase(), `${value}`]);
  const body = answer.isBase64Encoded ? atob(answer.body) : answer.body;
  return { status: Number(answer.statusCode), headers, body };
}

const all = {};
for (const file of readdirSync(folder).filter((name) => name.endsWith(".js"))) {
  const {
    default: worker,
    handler,
    project = {},
    lacks,
    requests,
  } = await import(pathToFileURL(path.join(folder, file)));
  const env = { ...project.vars, UPSTREAM: upstream };
  const answers = [];
  for (const request of requests) {
    const asked = handler ? handled(handler, request, project.event) : fetched(worker, request, env);
    answers.push(await asked.catch((error) => ({ status: 500, headers: [], body: error.stack })));
  }
  all[path.parse(file).name] = { project, lacks, requests, answers };
}
console.log(JSON.stringify(all));
