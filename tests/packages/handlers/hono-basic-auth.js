// hono/basic-auth: asks for user and password.
import { Hono } from "hono";
import { basicAuth } from "hono/basic-auth";

const app = new Hono();
app.use("/admin/*", basicAuth({ username: "ada", password: "correct: é" }));
app.post("/admin/echo", async (c) => c.text(await c.req.text()));
export default app;

const encoded = btoa(String.fromCharCode(...new TextEncoder().encode("ada:correct: é")));
export const requests = [
  { method: "POST", path: "/admin/echo", headers: { authorization: `Basic ${encoded}` }, body: "in", answer: "in" },
  {
    method: "POST",
    path: "/admin/echo",
    headers: { authorization: "Basic YWRhOndyb25n" },
    status: 401,
    answer: "Unauthorized",
    answerHeaders: { "www-authenticate": 'Basic realm="Secure Area"' },
  },
];
