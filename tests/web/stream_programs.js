// Random programs over streams: what each step has brought, once all that follows from it is over.

function generator(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
}

// From 0 to limit - 1, always the same for a text: the order in which functions are called is not part of the program.
function choice(text, limit) {
  return generator([...text].reduce((sum, c) => Math.imul(sum, 31) + c.charCodeAt(0), 7))(limit);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 0));
const name = (error) => error?.name ?? String(error);

// Node throws an internal error where a writer writes behind its close.
async function write(writer, chunk) {
  try {
    return await writer.write(chunk);
  } catch (error) {
    throw error?.code === "ERR_INTERNAL_ASSERTION" ? new TypeError() : error;
  }
}

// A program's streams, readers and writers, and what happens to them.
class Program {
  constructor(seed) {
    this.random = generator(seed);
    this.lines = [];
    this.readables = [];
    this.readers = [];
    this.writables = [];
    this.writers = [];
    this.controllers = [];
    this.count = 0;
  }

  say(...words) {
    this.lines.push(words.join(" "));
  }

  // Says, when it is known, what a promise came to.
  watch(label, promise) {
    promise.then(
      (value) => this.say(label, "is", JSON.stringify(value?.done === undefined ? value : [value.value, value.done])),
      (error) => this.say(label, "fails with", name(error)),
    );
  }

  pick(list) {
    return list[this.random(list.length)];
  }

  // What a source's or sink's function does: nothing, wait, or fail.
  answer(label) {
    this.say("called", label);
    const kind = choice(label, 12);
    if (kind === 0) {
      throw new RangeError(label);
    }
    if (kind === 1) {
      return Promise.reject(new SyntaxError(label));
    }
    return kind < 5 ? pause() : undefined;
  }

  strategy() {
    return this.pick([undefined, { highWaterMark: 0 }, { highWaterMark: 1 }, { highWaterMark: 3 }, { highWaterMark: 5, size: () => 2 }]);
  }

  makeReadable() {
    const id = this.count++;
    const pulls = this.random(2) === 0, closes = this.random(2) === 0;
    let left = this.random(5);
    const source = { start: (c) => void this.controllers.push(c), cancel: (reason) => this.answer(`cancel ${id} ${name(reason)}`) };
    if (pulls) {
      source.pull = (c) => {
        if (left-- > 0) {
          c.enqueue(`p${id}.${left}`);
        } else if (left === -1 && closes) {
          c.close();
        }
        return this.answer(`pull ${id}`);
      };
    }
    this.readables.push(new ReadableStream(source, this.strategy()));
  }

  makeWritable() {
    const id = this.count++;
    const sink = {
      write: (chunk) => this.answer(`write ${id} ${chunk}`),
      close: () => this.answer(`close ${id}`),
      abort: (reason) => this.answer(`abort ${id} ${name(reason)}`),
    };
    this.writables.push(new WritableStream(sink, this.strategy()));
  }

  makeTransform() {
    const id = this.count++;
    const stream = new TransformStream(
      {
        transform: (chunk, c) => {
          for (let i = choice(chunk, 3); i > 0; i--) {
            c.enqueue(`${chunk}t${id}.${i}`);
          }
          return this.answer(`transform ${id} ${chunk}`);
        },
        flush: () => this.answer(`flush ${id}`),
      },
      this.strategy(),
      this.strategy(),
    );
    this.readables.push(stream.readable);
    this.writables.push(stream.writable);
  }

  step() {
    const chunk = `c${this.count++}`;
    const readable = this.pick(this.readables), reader = this.pick(this.readers), controller = this.pick(this.controllers);
    const writable = this.pick(this.writables), writer = this.pick(this.writers);
    const steps = [
      () => this.makeReadable(),
      () => this.makeWritable(),
      () => this.makeTransform(),
      () => this.readers.push(readable.getReader()),
      () => this.writers.push(writable.getWriter()),
      () => this.watch(`read ${chunk}`, reader.read()),
      () => this.watch(`read ${chunk}`, reader.read()),
      () => this.watch(`closed ${chunk}`, reader.closed),
      () => reader.releaseLock(),
      () => this.watch(`cancel ${chunk}`, this.random(2) ? reader.cancel(chunk) : readable.cancel(chunk)),
      () => controller.enqueue(chunk),
      () => controller.enqueue(chunk),
      () => (this.random(3) ? controller.close() : controller.error(new EvalError(chunk))),
      () => this.readables.push(...readable.tee()),
      () => this.watch(`pipe ${chunk}`, readable.pipeTo(writable, { preventClose: !this.random(3), preventAbort: !this.random(3), preventCancel: !this.random(3) })),
      () => this.watch(`write ${chunk}`, write(writer, chunk)),
      () => this.watch(`write ${chunk}`, write(writer, chunk)),
      () => this.watch(`ready ${chunk}`, writer.ready),
      () => this.watch(`closed ${chunk}`, writer.closed),
      () => this.watch(`close ${chunk}`, writer.close()),
      () => this.watch(`abort ${chunk}`, this.random(2) ? writer.abort(chunk) : writable.abort(chunk)),
      () => writer.releaseLock(),
      () => this.say("sizes", controller.desiredSize, writer?.desiredSize, readable.locked, writable?.locked),
    ];
    const index = this.random(steps.length);
    this.say("step", index);
    try {
      steps[index]();
    } catch (error) {
      this.say("throws", name(error));
    }
  }

  async run() {
    this.makeReadable();
    this.makeWritable();
    let said = [];
    for (let i = 0; i < 40; i++) {
      this.step();
      if (this.random(3) > 0) {
        for (let j = 0; j < 8; j++) {
          await pause();
        }
        // What happens at the same time may be told in any order.
        said.push(...this.lines.sort(), "");
        this.lines = [];
      }
    }
    return said.concat(this.lines).join("\n");
  }
}

const PROGRAMS = 200;
const AT_ONCE = 20; // a function has so many timers at most

export async function run() {
  const results = [];
  while (results.length < PROGRAMS) {
    const seeds = Array.from({ length: AT_ONCE }, (_, i) => results.length + i);
    results.push(...(await Promise.all(seeds.map((seed) => new Program(seed).run()))));
  }
  return results;
}
