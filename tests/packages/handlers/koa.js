// A Koa application, as a Lambda handler: middleware that waits, queries, cookies.
import Koa from "koa";
import serverless from "serverless-http";

const app = new Koa();
app.use(async (context, next) => {
  await next();
  context.set("x-by", "koa");
});
app.use(async (context) => {
  await null;
  if (context.path === "/none") context.throw(404, "nothing there");
  context.body = { query: context.query, cookie: context.cookies.get("a") };
});

export const handler = serverless(app);

// To load so much takes longer than a request may.
export const project = { limits: { cpu_ms: 2000 } };
export const requests = [
  {
    path: "/?b=1&b=2",
    headers: { cookie: "a=7" },
    answer: { query: { b: ["1", "2"] }, cookie: "7" },
    answerHeaders: { "x-by": "koa" },
  },
  { path: "/none", status: 404, answer: "nothing there" },
];
