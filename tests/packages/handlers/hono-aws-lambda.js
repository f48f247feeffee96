// hono/aws-lambda: a Hono application as a Lambda handler.
import { Hono } from "hono";
import { handle } from "hono/aws-lambda";

const app = new Hono();
app.get("/hello/:name", (c) => c.json({ hello: c.req.param("name"), q: c.req.queries("q") }));
app.post("/echo", async (c) => c.text(`${c.req.header("x-a")}: ${await c.req.text()}`, 201));
export const handler = handle(app);

// Only streamed answers are sent by it.
const files = { "nothing.js": "export const pipeline = undefined;" };
export const project = { event: "2.0", alias: { "node:stream/promises": "./nothing.js" }, files };
export const requests = [
  { path: "/hello/ada?q=1&q=2", answer: { hello: "ada", q: ["1", "2"] } },
  { method: "POST", path: "/echo", headers: { "x-a": "b" }, body: "é", status: 201, answer: "b: é" },
  { path: "/nowhere", status: 404, answer: "404 Not Found" },
];
