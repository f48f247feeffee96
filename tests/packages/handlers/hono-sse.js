// hono/streaming: Server-Sent Events.
import { Hono } from "hono";
import { streamSSE } from "hono/streaming";

const app = new Hono();
app.get("/events", (c) =>
  streamSSE(c, async (out) => {
    await out.writeSSE({ id: "1", event: "reading", data: JSON.stringify({ t: 20.5 }) });
    await out.sleep(1);
    await out.writeSSE({ id: "2", data: "two\nlines" });
  }),
);
export default app;

export const requests = [
  {
    path: "/events",
    answer: 'event: reading\ndata: {"t":20.5}\nid: 1\n\ndata: two\ndata: lines\nid: 2\n\n',
    answerHeaders: { "content-type": "text/event-stream" },
  },
];
