// hono/body-limit: refuses bodies that are too large.
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";

const app = new Hono();
app.post("/", bodyLimit({ maxSize: 10, onError: (c) => c.text("too large", 413) }), async (c) =>
  c.text(`${(await c.req.text()).length} characters`),
);
export default app;

export const requests = [
  { method: "POST", path: "/", body: "x".repeat(10), answer: "10 characters" },
  { method: "POST", path: "/", body: "x".repeat(11), status: 413, answer: "too large" },
  { method: "POST", path: "/", body: "x".repeat(5000), status: 413, answer: "too large" },
];
