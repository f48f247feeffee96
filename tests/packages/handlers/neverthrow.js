// Results in place of exceptions.
import { err, ok, ResultAsync } from "neverthrow";

const positive = (n) => (n > 0 ? ok(n) : err(`${n} is not positive`));
export default {
  async fetch(request) {
    const result = await ResultAsync.fromPromise(request.json(), () => "no JSON")
      .andThen(positive)
      .map((n) => n * 2);
    return result.match(
      (n) => Response.json(n),
      (text) => new Response(text, { status: 400 }),
    );
  },
};

export const requests = [
  { method: "POST", path: "/", body: "21", answer: 42 },
  { method: "POST", path: "/", body: "-1", status: 400, answer: "-1 is not positive" },
  { method: "POST", path: "/", body: "{", status: 400, answer: "no JSON" },
];
