// node:stream: the npm package readable-stream, and what it lacks.
"use strict";

const Stream = require("../node_modules/readable-stream/lib/stream.js");
const { Duplex, Readable, Writable } = Stream;
const { invalidType } = require("../internal/errors.js");

function bytesOf(chunk) {
  const bytes = typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk;
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

Readable.toWeb = function (readable, options) {
  const objects = readable.readableObjectMode;
  return new ReadableStream(
    {
      start(controller) {
        readable.pause();
        readable.on("data", (chunk) => {
          controller.enqueue(objects ? chunk : bytesOf(chunk));
          if (controller.desiredSize <= 0) readable.pause();
        });
        Stream.finished(readable, { writable: false }, (error) => {
          if (error) controller.error(error);
          else controller.close();
        });
        readable.on("error", () => {});
      },
      pull: () => void readable.resume(),
      cancel: (reason) => void readable.destroy(reason),
    },
    options?.strategy ?? { highWaterMark: objects ? readable.readableHighWaterMark : 1 },
  );
};

Readable.fromWeb = function (stream, options = {}) {
  if (!(stream instanceof ReadableStream)) throw invalidType("readableStream", "ReadableStream", stream);
  const reader = stream.getReader();
  let closed = false;
  const readable = new Readable({
    ...options,
    read() {
      reader.read().then(
        ({ done, value }) => {
          closed ||= done;
          readable.push(done ? null : value);
        },
        (error) => readable.destroy(error),
      );
    },
    destroy(error, callback) {
      if (closed) {
        callback(error);
        return;
      }
      const done = () => callback(error);
      reader.cancel(error).then(done, done);
    },
  });
  return readable;
};

Writable.toWeb = function (writable) {
  writable.on("error", () => {});
  return new WritableStream({
    write: (chunk) =>
      new Promise((resolve, reject) => writable.write(chunk, (error) => (error ? reject(error) : resolve()))),
    close: () =>
      new Promise((resolve, reject) => {
        Stream.finished(writable, { readable: false }, (error) => (error ? reject(error) : resolve()));
        writable.end();
      }),
    abort: (reason) => void writable.destroy(reason),
  });
};

Writable.fromWeb = function (stream, options = {}) {
  if (!(stream instanceof WritableStream)) throw invalidType("writableStream", "WritableStream", stream);
  const writer = stream.getWriter();
  const settle = (promise, callback) => promise.then(() => callback(), (error) => callback(error ?? new Error("failed")));
  return new Writable({
    ...options,
    write(chunk, encoding, callback) {
      settle(writer.ready.then(() => writer.write(options.objectMode ? chunk : bytesOf(chunk))), callback);
    },
    final(callback) {
      settle(writer.close(), callback);
    },
    destroy(error, callback) {
      const done = () => callback(error);
      (error ? writer.abort(error) : Promise.resolve()).then(done, done);
    },
  });
};

Duplex.toWeb = (duplex) => ({ readable: Readable.toWeb(duplex), writable: Writable.toWeb(duplex) });
Duplex.fromWeb = ({ readable, writable }, options) =>
  Duplex.from({ readable: Readable.fromWeb(readable, options), writable: Writable.fromWeb(writable, options) });

Stream.duplexPair = function (options) {
  let sides;
  const make = (other) => {
    let pending;
    return new Duplex({
      ...options,
      read() {
        const callback = pending;
        pending = undefined;
        callback?.();
      },
      write(chunk, encoding, callback) {
        const peer = sides[other];
        if (chunk.length === 0) require("../internal/next_tick.js").nextTick(callback);
        else {
          peer.push(chunk);
          peer.take(callback);
        }
      },
      final(callback) {
        sides[other].on("end", callback);
        sides[other].push(null);
      },
      construct(callback) {
        this.take = (waiting) => {
          pending = waiting;
        };
        callback();
      },
    });
  };
  sides = [make(1), make(0)];
  return sides;
};

require("../internal/transform.js").provide(Stream.Transform);

module.exports = Stream;
