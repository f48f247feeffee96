// Routes with parameters, queries and bodies.
import { H3, getQuery, HTTPError } from "h3";

const app = new H3();
app.get("/hello/:name", (event) => ({ hello: event.context.params.name, q: getQuery(event).q }));
app.post("/sum", async (event) => ({ sum: (await event.req.json()).reduce((a, b) => a + b) }));
app.get("/refused", () => {
  throw new HTTPError({ status: 418, message: "a teapot" });
});
export default { fetch: (request) => app.fetch(request) };

export const requests = [
  { path: "/hello/ada?q=1", answer: { hello: "ada", q: "1" } },
  { method: "POST", path: "/sum", body: "[1,2]", answer: { sum: 3 } },
  { path: "/refused", status: 418, answer: { status: 418, message: "a teapot" } },
];
