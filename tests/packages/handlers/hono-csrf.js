// hono/csrf: refuses forms from other origins.
import { Hono } from "hono";
import { csrf } from "hono/csrf";

const app = new Hono();
app.use(csrf({ origin: "https://app.example" }));
app.post("/", async (c) => c.json(await c.req.parseBody()));
export default app;

const form = { "content-type": "application/x-www-form-urlencoded" };
export const requests = [
  {
    method: "POST",
    path: "/",
    headers: { ...form, origin: "https://app.example" },
    body: "a=1&b=x+y",
    answer: { a: "1", b: "x y" },
  },
  {
    method: "POST",
    path: "/",
    headers: { ...form, origin: "https://evil.example" },
    body: "a=1",
    status: 403,
    answer: "Forbidden",
  },
  { method: "POST", path: "/", headers: { ...form }, body: "a=1", status: 403, answer: "Forbidden" },
];
