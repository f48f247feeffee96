import assert from "node:assert";
import test from "node:test";

import handler from "./main.js";

test("greets by name", async () => {
  const response = await handler.fetch(new Request("http://localhost/?name=ada"), { GREETING: "hi" });
  assert.deepEqual(await response.json(), { message: "hi, ada" });
});
