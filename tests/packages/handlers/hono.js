// Routes with parameters, middleware, sub-applications and an error handler.
import { Hono } from "hono";

const books = new Hono()
  .get("/:id{[0-9]+}", (c) => c.json({ book: Number(c.req.param("id")), lang: c.req.query("lang") }))
  .post("/", async (c) => c.json({ made: await c.req.json() }, 201));
const app = new Hono();
app.use(async (c, next) => {
  await next();
  c.header("x-served-by", "hono");
});
app.route("/books", books);
app.get("/*", (c) => c.text(c.req.path));
app.get("/fail", () => {});
app.delete("/fail", () => {
  throw new Error("on purpose");
});
app.onError((error, c) => c.text(error.message, 500));
app.notFound((c) => c.text("nothing here", 404));
export default app;

export const requests = [
  {
    path: "/books/12?lang=de",
    answer: { book: 12, lang: "de" },
    answerHeaders: { "x-served-by": "hono", "content-type": "application/json" },
  },
  { method: "POST", path: "/books", body: '{"title":"é"}', status: 201, answer: { made: { title: "é" } } },
  { path: "/a/b", answer: "/a/b" },
  { method: "DELETE", path: "/fail", status: 500, answer: "on purpose" },
  { method: "PUT", path: "/x", status: 404, answer: "nothing here" },
];
