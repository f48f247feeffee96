// Routes with validated bodies.
import { Elysia, t } from "elysia";

// Without code made of routes, and without a timer for its cache: a top level has none.
const app = new Elysia({ aot: false, sucrose: { gcTime: null } })
  .get("/hello/:name", ({ params }) => `Hello, ${params.name}`)
  .post("/sum", ({ body }) => ({ sum: body.a + body.b }), { body: t.Object({ a: t.Number(), b: t.Number() }) })
  .onError(({ code, set }) => {
    set.status = code === "NOT_FOUND" ? 404 : 422;
    return code;
  });
export default { fetch: (request) => app.handle(request) };

const json = { "content-type": "application/json" };
export const requests = [
  { path: "/hello/ada", answer: "Hello, ada" },
  { method: "POST", path: "/sum", headers: json, body: '{"a":1,"b":2}', answer: { sum: 3 } },
  { method: "POST", path: "/sum", headers: json, body: '{"a":1,"b":"x"}', status: 422, answer: "VALIDATION" },
  { path: "/nowhere", status: 404, answer: "NOT_FOUND" },
];
