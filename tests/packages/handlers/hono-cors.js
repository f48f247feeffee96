// hono/cors: answers preflights and keeps bodies.
import { Hono } from "hono";
import { cors } from "hono/cors";

const app = new Hono();
app.use(cors({ origin: ["https://app.example"], credentials: true, maxAge: 600, exposeHeaders: ["x-n"] }));
app.get("/", () => new Response("a body of its own", { headers: { "x-n": "1" } }));
export default app;

const origin = "https://app.example";
export const requests = [
  {
    path: "/",
    headers: { origin },
    answer: "a body of its own",
    answerHeaders: {
      "access-control-allow-origin": origin,
      "access-control-allow-credentials": "true",
      "access-control-expose-headers": "x-n",
      "x-n": "1",
    },
  },
  {
    method: "OPTIONS",
    path: "/",
    headers: { origin, "access-control-request-method": "PUT", "access-control-request-headers": "x-a, x-b" },
    status: 204,
    answer: "",
    answerHeaders: { "access-control-max-age": "600", "access-control-allow-headers": "x-a,x-b" },
  },
  { path: "/", headers: { origin: "https://evil.example" }, answer: "a body of its own" },
];
