import assert from "node:assert";
import test from "node:test";

import { handler } from "./main.js";

test("greets by name", async () => {
  const response = await handler({ queryStringParameters: { name: "ada" } });
  assert.deepEqual(response, { statusCode: 200, body: { message: "hello, ada" } });
});
