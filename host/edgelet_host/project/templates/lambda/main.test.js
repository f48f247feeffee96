// `npm test` runs this beside a device of its own, which has this project.

import assert from "node:assert";
import test from "node:test";

const url = process.env.EDGELET_URL;

test("greets by name", async () => {
  const response = await fetch(`${url}/greeting?name=ada`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { message: "hello, ada" });
});
