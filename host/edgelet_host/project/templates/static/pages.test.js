// `npm test` runs this beside a device of its own, which has this project.

import assert from "node:assert";
import test from "node:test";

const url = process.env.EDGELET_URL;

test("the page has a title", async () => {
  const response = await fetch(`${url}/`);
  assert.equal(response.status, 200);
  assert.match(await response.text(), /<title>.+<\/title>/);
});
