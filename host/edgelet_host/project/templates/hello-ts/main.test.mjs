import assert from "node:assert";
import test from "node:test";

import { buildSync } from "esbuild";

const { outputFiles } = buildSync({ entryPoints: ["main.ts"], bundle: true, format: "esm", write: false });
const { default: handler } = await import(`data:text/javascript,${encodeURIComponent(outputFiles[0].text)}`);

test("greets by name", async () => {
  const response = await handler.fetch(new Request("http://localhost/?name=ada"), { GREETING: "hi" });
  assert.deepEqual(await response.json(), { message: "hi, ada" });
});
