import assert from "node:assert";
import { readFileSync } from "node:fs";
import test from "node:test";

test("the page has a title", () => {
  assert.match(readFileSync(new URL("public/index.html", import.meta.url), "utf8"), /<title>.+<\/title>/);
});
