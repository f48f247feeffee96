// Routes by method and pattern, with CORS and JSON answers.
import { AutoRouter, cors, error } from "itty-router";

const { preflight, corsify } = cors({ origin: "https://app.example", allowMethods: ["GET", "POST"] });
const router = AutoRouter({ before: [preflight] });
router
  .get("/hello/:name/:times?", ({ params, query }) => ({ ...params, q: query.q }))
  .post("/sum", async (request) => (await request.json()).reduce((a, b) => a + b))
  .get("/text", (request) => corsify(new Response("a body that corsify keeps"), request))
  .get("/refused", () => error(403, "no"));
export default { fetch: router.fetch };

export const requests = [
  { path: "/hello/ada/2?q=a%20b", answer: { name: "ada", times: "2", q: "a b" } },
  { method: "POST", path: "/sum", body: "[1,2,3]", headers: { "content-type": "application/json" }, answer: 6 },
  {
    path: "/text",
    headers: { origin: "https://app.example" },
    answer: "a body that corsify keeps",
    answerHeaders: { "access-control-allow-origin": "https://app.example" },
  },
  { method: "OPTIONS", path: "/text", headers: { origin: "https://app.example" }, status: 204, answer: "" },
  { path: "/refused", status: 403, answer: { status: 403, error: "no" } },
  { path: "/nowhere", status: 404, answer: { status: 404, error: "Not Found" } },
];
