// An Express application, as a Lambda handler: routes, parameters, JSON bodies, cookies, errors.
import express from "express";
import serverless from "serverless-http";

const app = express();
app.use(express.json());
app.get("/users/:id", (request, response) => {
  response.cookie("seen", "1").json({ id: request.params.id, query: request.query });
});
app.post("/users", (request, response) => response.status(201).send(`hello, ${request.body.name}`));
app.get("/broken", () => {
  throw new RangeError("out of order");
});
// Express wants all four.
// eslint-disable-next-line no-unused-vars
app.use((error, request, response, next) => response.status(500).send(`${error.name}: ${error.message}`));

export const handler = serverless(app);

// To load so much takes longer than a request may.
export const project = { limits: { cpu_ms: 2000 } };
export const requests = [
  { path: "/users/7?a=1", answer: { id: "7", query: { a: "1" } } },
  {
    path: "/users",
    method: "POST",
    headers: { "content-type": "application/json" },
    body: '{"name":"ann"}',
    status: 201,
    answer: "hello, ann",
  },
  { path: "/broken", status: 500, answer: "RangeError: out of order" },
];
