import assert from "node:assert";
import test from "node:test";

import { buildSync } from "esbuild";

const { outputFiles } = buildSync({ entryPoints: ["main.ts"], bundle: true, format: "esm", write: false });
const { handler } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

test("greets by name", async () => {
  const response = await handler({ queryStringParameters: { name: "ada" } });
  assert.deepEqual(response, { statusCode: 200, body: { message: "hello, ada" } });
});
