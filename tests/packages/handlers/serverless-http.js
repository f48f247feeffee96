// A web application as a Lambda handler.
import serverless from "serverless-http";

export const handler = serverless((request, response) => {
  const chunks = [];
  request.on("data", (chunk) => chunks.push(chunk));
  request.once("end", () => {
    response.setHeader("x-by", "serverless-http");
    response.statusCode = 201;
    response.write(`${request.method} ${request.url}`);
    response.end(chunks.length > 0 ? `: ${Buffer.concat(chunks)}` : "");
  });
});

// To load so much takes longer than a request may.
export const project = { limits: { cpu_ms: 2000 } };
export const requests = [
  { path: "/x?a=1", status: 201, answer: "GET /x?a=1", answerHeaders: { "x-by": "serverless-http" } },
  { path: "/x", method: "POST", body: "a body", status: 201, answer: "POST /x: a body" },
];
