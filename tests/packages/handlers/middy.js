// @middy/core: middleware around a Lambda handler.
import middy from "@middy/core";

const json = {
  before: (request) => {
    request.event.body = JSON.parse(request.event.body ?? "null");
  },
  after: (request) => {
    request.response = { statusCode: 200, headers: { "x-by": "middy" }, body: JSON.stringify(request.response) };
  },
  onError: (request) => ({ statusCode: 422, body: request.error.name }),
};
export const handler = middy()
  .use(json)
  .handler(async (event) => ({ doubled: event.body.n * 2, path: event.path }));

// Beside the timer that warns of the end of the time, only streamed answers are sent by these.
const files = {
  "nothing.js": "export const [Readable, ReadableStream, pipeline] = [];",
  "timers.js": "export const setTimeout = globalThis.setTimeout;",
};
const alias = {
  "node:stream": "./nothing.js",
  "node:stream/promises": "./nothing.js",
  "node:stream/web": "./nothing.js",
  "node:timers": "./timers.js",
};
export const project = { alias, files };
export const requests = [
  {
    method: "POST",
    path: "/x",
    body: '{"n":21}',
    answer: { doubled: 42, path: "/x" },
    answerHeaders: { "x-by": "middy" },
  },
  { method: "POST", path: "/x", body: "{", status: 422, answer: "SyntaxError" },
];
