// TextEncoderStream and TextDecoderStream: the same lines on the device and in Node.

async function attempt(action) {
  try {
    return String(await action());
  } catch (error) {
    return error instanceof Error ? error.name : `threw ${error}`;
  }
}

const sourceOf = (chunks) => new ReadableStream({ pull(c) { if (chunks.length) c.enqueue(chunks.shift()); else c.close(); } });

async function collect(readable) {
  const chunks = [];
  for await (const chunk of readable) chunks.push(chunk);
  return chunks;
}

const shown = (chunk) => (typeof chunk === "string" ? JSON.stringify(chunk) : `${chunk.constructor.name}(${[...chunk]})`);
const through = async (transform, chunks) => (await collect(sourceOf(chunks).pipeThrough(transform))).map(shown).join(" ");

// Each text cut in two at each place, and code unit by code unit.
function* cuts(units) {
  for (let i = 0; i <= units.length; i++) yield [units.slice(0, i), units.slice(i)];
  yield Array.from({ length: units.length }, (_, i) => units.slice(i, i + 1));
}

const TEXTS = ["", "plain", "ü€", "\u{1f600}", "a\ud83d", "\ude00b", "\ud83d\ud83d\ude00\ude00", "\ufeffmark", "a\0b"];

async function encoding(say) {
  const stream = new TextEncoderStream();
  say(stream.encoding, stream.readable instanceof ReadableStream);
  say(stream.writable instanceof WritableStream, stream.readable === stream.readable, await attempt(() => TextEncoderStream()));
  for (const text of TEXTS) {
    for (const parts of cuts(text)) {
      say(JSON.stringify(parts), await through(new TextEncoderStream(), [...parts]));
    }
  }
  say(await through(new TextEncoderStream(), [1, null, undefined, { toString: () => "object" }, ["a", "b"]]));
  say(await attempt(() => through(new TextEncoderStream(), [{ toString() { throw new RangeError("mine"); } }])));
}

const BYTES = [
  [],
  [0x61, 0x62],
  [0xe2, 0x82, 0xac],
  [0xf0, 0x9f, 0x98, 0x80],
  [0xef, 0xbb, 0xbf, 0x61],
  [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf],
  [0xe2, 0x82],
  [0x61, 0xff, 0x62],
  [0xc3, 0x28],
  [0xf0, 0x9f, 0x98],
];

async function decoding(say) {
  const stream = new TextDecoderStream("latin1", { fatal: true, ignoreBOM: true });
  say(stream.encoding, stream.fatal, stream.ignoreBOM);
  const plain = new TextDecoderStream();
  say(plain.encoding, plain.fatal, plain.ignoreBOM, plain.readable instanceof ReadableStream, plain.writable instanceof WritableStream);
  say(await attempt(() => new TextDecoderStream("none such")), await attempt(() => TextDecoderStream()));
  for (const options of [{}, { fatal: true }, { ignoreBOM: true }]) {
    for (const bytes of BYTES) {
      for (const parts of cuts(new Uint8Array(bytes))) {
        const done = await attempt(async () => (await collect(sourceOf([...parts]).pipeThrough(new TextDecoderStream("utf-8", options)))).join(""));
        say(parts.map((part) => [...part].join()).join("|"), JSON.stringify(done));
      }
    }
  }
  for (const label of ["utf-16le", "utf-16be"]) {
    for (const parts of cuts(new Uint8Array([0x3d, 0xd8, 0x00, 0xde, 0x61, 0x00]))) {
      say(label, JSON.stringify((await collect(sourceOf([...parts]).pipeThrough(new TextDecoderStream(label)))).join("")));
    }
  }
  const buffer = new Uint8Array([0x61, 0x62, 0x63, 0x64]).buffer;
  say(await through(new TextDecoderStream(), [buffer, new DataView(buffer, 1, 2)]));
  for (const wrong of ["text", 1, null, {}]) {
    say(await attempt(() => through(new TextDecoderStream(), [wrong])));
  }
}

async function both(say) {
  const upper = new TransformStream({ transform: (text, controller) => controller.enqueue(text.toUpperCase()) });
  const bytes = new TextEncoder().encode("shout: ä€😀 ".repeat(20));
  const parts = Array.from({ length: Math.ceil(bytes.length / 7) }, (_, i) => bytes.slice(i * 7, i * 7 + 7));
  const readable = sourceOf(parts).pipeThrough(new TextDecoderStream()).pipeThrough(upper).pipeThrough(new TextEncoderStream());
  say(await new Response(readable).text());
  const failing = new ReadableStream({ start(c) { c.error(new RangeError("source")); } });
  say(await attempt(() => collect(failing.pipeThrough(new TextEncoderStream()))));
  const cancelled = new TextDecoderStream();
  const writer = cancelled.writable.getWriter();
  await cancelled.readable.cancel("enough");
  say(await attempt(() => writer.write(new Uint8Array(1))), await attempt(() => writer.closed));
  const aborted = new TextEncoderStream();
  await aborted.writable.abort("stop");
  say(await attempt(() => aborted.readable.getReader().read()));
}

export async function run() {
  const lines = [];
  const say = (...values) => lines.push(values.map(String).join(" "));
  for (const part of [encoding, decoding, both]) {
    say(part.name);
    await part(say);
  }
  return lines;
}

// What Node has wrong: [expected, result].
export async function runStandard() {
  return [
    ["[object TextEncoderStream]", String(new TextEncoderStream())],
    ["[object TextDecoderStream]", String(new TextDecoderStream())],
    ["TypeError", await attempt(() => through(new TextEncoderStream(), [Symbol("s")]))],
    ["TypeError", await attempt(() => through(new TextDecoderStream(), [undefined]))],
  ];
}
