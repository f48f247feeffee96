// hono/compress: what a client takes compressed is, where it is long enough and of a type that is worth it.
import { Hono } from "hono";
import { compress } from "hono/compress";

const text = "the same text again and again. ".repeat(100);
const pages = new Hono();
pages.use(compress());
pages.get("/text", (c) => c.text(text));
pages.get("/short", (c) => c.text("short", 200, { "Content-Length": "5" }));
pages.get("/picture", () => new Response(text, { headers: { "Content-Type": "image/png" } }));

const app = new Hono();
// Compressed bytes differ between implementations: what comes of them does not.
app.get("/ask/:path", async (c) => {
  const answer = await pages.request(`/${c.req.param("path")}`, { headers: { "Accept-Encoding": c.req.query("accept") } });
  const encoding = answer.headers.get("Content-Encoding");
  const packed = await answer.blob();
  const content = encoding ? packed.stream().pipeThrough(new DecompressionStream(encoding)) : packed;
  const same = (await new Response(content).text()) === text;
  return c.json({ encoding, vary: answer.headers.get("Vary"), small: packed.size < 200, same });
});
export default app;

export const requests = [
  { path: "/ask/text?accept=gzip", answer: { encoding: "gzip", vary: "Accept-Encoding", small: true, same: true } },
  { path: "/ask/text?accept=br,deflate", answer: { encoding: "deflate", vary: "Accept-Encoding", small: true, same: true } },
  { path: "/ask/text?accept=br", answer: { encoding: null, vary: "Accept-Encoding", small: false, same: true } },
  { path: "/ask/short?accept=gzip", answer: { encoding: null, vary: null, small: true, same: false } },
  { path: "/ask/picture?accept=gzip", answer: { encoding: null, vary: null, small: false, same: true } },
];
