// Events inside a program, as Node.js has them.
import { EventEmitter } from "eventemitter3";

export default {
  fetch() {
    const emitter = new EventEmitter();
    const seen = [];
    emitter.once("a", (n) => seen.push(n));
    emitter.on("a", function (n) {
      seen.push(n * 10, this === emitter);
    });
    return Response.json([
      emitter.emit("a", 1),
      emitter.emit("a", 2),
      emitter.emit("b"),
      seen,
      emitter.listenerCount("a"),
    ]);
  },
};

export const requests = [{ path: "/", answer: [true, true, false, [1, 10, true, 20, true], 1] }];
