// A web application as a Lambda handler.
import serverless from "serverless-http";

export const handler = serverless((request, response) => {
  response.setHeader("x-by", "serverless-http");
  response.statusCode = 201;
  response.end(`${request.method} ${request.url}`);
});

export const lacks = { error: "module of Node.js", why: "needs `node:http` and `node:stream`" };
export const requests = [
  { path: "/x?a=1", status: 201, answer: "GET /x?a=1", answerHeaders: { "x-by": "serverless-http" } },
];
