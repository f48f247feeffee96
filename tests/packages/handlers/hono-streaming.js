// hono/streaming: a body and a text that are written piece by piece.
import { Hono } from "hono";
import { stream, streamText } from "hono/streaming";

const app = new Hono();
app.get("/bytes", (c) =>
  stream(c, async (out) => {
    await out.write(new Uint8Array([104, 101, 121, 10]));
    await out.pipe(new Response("piped\n").body);
  }),
);
app.get("/text", (c) =>
  streamText(c, async (out) => {
    for (let i = 0; i < 3; i++) {
      await out.writeln(`line ${i}`);
      await out.sleep(1);
    }
  }),
);
export default app;

export const requests = [
  { path: "/bytes", answer: "hey\npiped\n" },
  { path: "/text", answer: "line 0\nline 1\nline 2\n", answerHeaders: { "content-type": "text/plain; charset=UTF-8" } },
];
