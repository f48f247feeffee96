// CompressionStream and DecompressionStream: what the device and Node both say, and what the standard says.

const FORMATS = ["gzip", "deflate", "deflate-raw"];
const bytes = (text) => new TextEncoder().encode(text);

function joined(chunks) {
  const all = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  chunks.reduce((at, chunk) => (all.set(chunk, at), at + chunk.length), 0);
  return all;
}

async function through(stream, chunks) {
  const made = [];
  for await (const chunk of ReadableStream.from(chunks).pipeThrough(stream)) made.push(chunk);
  return joined(made);
}

const compress = (format, chunks) => through(new CompressionStream(format), chunks);
const decompress = (format, chunks) => through(new DecompressionStream(format), chunks);

async function attempt(action) {
  try {
    const value = await action();
    return value instanceof Uint8Array ? new TextDecoder().decode(value) : String(value);
  } catch (error) {
    return error.name;
  }
}

const many = (count) => Uint8Array.from({ length: count }, (_, i) => (i * i * 7 + i / 3) & 255);
const pieces = (array, size) => Array.from({ length: Math.ceil(array.length / size) }, (_, i) => array.subarray(i * size, (i + 1) * size));
const same = (a, b) => a.length === b.length && a.every((byte, i) => byte === b[i]);

async function shapes(say) {
  for (const Class of [CompressionStream, DecompressionStream]) {
    const stream = new Class("gzip");
    say(Class.name, Class.length, stream[Symbol.toStringTag], Object.prototype.toString.call(stream), stream instanceof Class);
    say(stream.readable instanceof ReadableStream, stream.writable instanceof WritableStream, stream.readable === stream.readable);
    for (const wrong of ["", "GZIP", "br0tli", "deflate-raw ", null, {}]) say(Class.name, await attempt(() => new Class(wrong)));
    say(await attempt(() => new Class()), await attempt(() => Class("gzip")));
    say(await attempt(() => Object.getOwnPropertyDescriptor(Class.prototype, "readable").get.call({})));
  }
}

async function roundTrips(say) {
  const contents = [bytes(""), bytes("a"), bytes("the same ".repeat(500)), many(70000), new Uint8Array(200000)];
  for (const format of FORMATS) {
    for (const content of contents) {
      for (const size of [1 + (content.length >> 3), 4096, 1e6]) {
        const packed = await compress(format, pieces(content, size));
        const small = content.length > 1000 && content.length !== 70000;
        say(format, content.length, small ? packed.length < content.length / 20 : packed.length > 0);
        say(same(await decompress(format, pieces(packed, 3 + (packed.length >> 4))), content));
      }
    }
    const packed = await compress(format, [bytes("abc")]);
    say(await attempt(() => decompress(format, [new DataView(packed.buffer)])));
    say(await attempt(() => decompress(format, [new Uint8Array(0), packed, new Uint8Array(0)])));
    const words = new Uint16Array([0x6261, 0x6463]);
    say(await attempt(async () => decompress(format, [await compress(format, [words])])));
  }
  const gzip = await compress("gzip", [bytes("x")]);
  say(gzip.slice(0, 8), (await compress("deflate", [bytes("x")])).slice(0, 1)[0] & 15);
}

export async function run() {
  const lines = [];
  const say = (...words) => lines.push(words.join(" "));
  await shapes(say);
  await roundTrips(say);
  return lines;
}

// Pairs of what is expected and what came: Node's errors are not the standard's everywhere.
export async function runStandard() {
  const pairs = [];
  const expect = async (expected, action) => pairs.push([expected, await attempt(action)]);
  for (const format of FORMATS) {
    const packed = await compress(format, [bytes("some text that is some text that is text")]);
    for (const wrong of [1, null, undefined, {}, [1]]) {
      await expect("TypeError", () => compress(format, [wrong]));
      await expect("TypeError", () => decompress(format, [packed, wrong]));
    }
    await expect("some text that is some text that is text", () => decompress(format, [packed.buffer]));
    await expect("TypeError", () => decompress(format, []));
    for (let cut = 0; cut < packed.length; cut++) await expect("TypeError", () => decompress(format, [packed.subarray(0, cut)]));
    await expect("TypeError", () => decompress(format, [packed, new Uint8Array(1)]));
    await expect("TypeError", () => decompress(format, [joined([packed, new Uint8Array(1)])]));
    await expect("TypeError", () => decompress(format, [joined([packed, packed])]));
    await expect("TypeError", () => decompress(format, [bytes("\xff".repeat(20))]));
  }
  const sum = await compress("gzip", [bytes("sum")]);
  await expect("TypeError", () => decompress("gzip", [joined([sum.subarray(0, -8), new Uint8Array(8)])]));
  await expect("TypeError", () => decompress("deflate", [Uint8Array.of(0x78, 0xbb, 0, 0, 0, 1)]));

  // Whoever reads has what came before the damage; the source is told.
  let reason;
  const source = new ReadableStream({ pull: (c) => c.enqueue(new Uint8Array(100)), cancel: (error) => { reason = error; } });
  await expect("TypeError", () => new Response(source.pipeThrough(new DecompressionStream("gzip"))).text());
  pairs.push(["TypeError", reason?.name]);

  const damaged = new DecompressionStream("gzip"), writer = damaged.writable.getWriter();
  for (const promise of [writer.closed, writer.write(bytes("no gzip")), damaged.readable.getReader().read(), writer.close()]) {
    await expect("TypeError", () => promise);
  }
  await expect("mine", async () => {
    const { readable, writable } = new CompressionStream("gzip");
    await Promise.all([writable.abort("mine"), readable.getReader().closed]).catch((e) => { throw { name: e }; });
  });
  return pairs;
}
