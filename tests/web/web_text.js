// TextEncoder, TextDecoder, atob and btoa: what the same script says in Node and in the firmware.

function attempt(work) {
  try {
    return work();
  } catch (error) {
    return error.name;
  }
}

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const codes = (text) => [...text].map((c) => c.codePointAt(0).toString(16)).join(" ");

const STRINGS = ["", "a", "\u0000", "\u007f\u0080", "\u07ff\u0800", "\ud7ff\ue000\uffff", "\u{10000}\u{10ffff}", "\ud800", "\udc00a", "\ud83dx\ude00", "\ud83d\ude00\ud83d"];

function encoder() {
  const lines = [];
  const encoder = new TextEncoder();
  for (const text of STRINGS) {
    lines.push(`${codes(text)} ${hex(encoder.encode(text))}`);
    for (const room of [0, 1, 2, 3, 4, 5, 8]) {
      const into = new Uint8Array(room);
      const { read, written } = encoder.encodeInto(text, into);
      lines.push(`into ${room} ${read} ${written} ${hex(into)}`);
    }
  }
  lines.push(hex(encoder.encode()), hex(encoder.encode(undefined)), hex(encoder.encode(null)), hex(encoder.encode(12)), encoder.encoding);
  lines.push(attempt(() => encoder.encodeInto("x")), attempt(() => encoder.encodeInto("x", [])), attempt(() => TextEncoder()));
  const part = new Uint8Array(6);
  encoder.encodeInto("\u20ac\u20ac", part.subarray(1, 5));
  lines.push(hex(part));
  return lines;
}

// Every lead byte with every kind of continuation, and sequences cut short.
function* byteStrings() {
  const probes = [0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff];
  for (let lead = 0x80; lead < 0x100; lead++) {
    yield [lead];
    yield [0x41, lead, 0x41];
    for (const second of probes) {
      yield [lead, second];
      yield [lead, second, 0x41];
      yield [lead, second, 0x80];
      yield [lead, second, 0x80, 0x80];
    }
  }
  yield* [[0xef, 0xbb, 0xbf], [0xef, 0xbb, 0xbf, 0x41], [0xef, 0xbb], [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf], [0x41, 0xef, 0xbb, 0xbf]];
}

function decoder() {
  const lines = [];
  let count = 0;
  for (const bytes of byteStrings()) {
    const data = new Uint8Array(bytes);
    const fatal = attempt(() => codes(new TextDecoder("utf-8", { fatal: true }).decode(data)));
    lines.push(`${hex(data)} ${codes(new TextDecoder().decode(data))} | ${fatal} | ${codes(new TextDecoder("utf8", { ignoreBOM: true }).decode(data))}`);
    if (++count % 7 === 0) {
      const stream = new TextDecoder();
      const parts = [...data].map((byte) => codes(stream.decode(new Uint8Array([byte]), { stream: true })));
      lines.push(`stream ${parts.join(",")} ${codes(stream.decode())}`);
    }
  }
  for (const label of ["utf-8", "UTF8", " utf-8\n", "unicode-1-1-utf-8", "x-unicode20utf8", "utf8\0\0", "nothing", "utf-7", "", undefined]) {
    lines.push(`label ${label} ${attempt(() => new TextDecoder(label).encoding)}`);
  }
  const plain = new TextDecoder("utf-8", {});
  lines.push(plain.fatal, plain.ignoreBOM, new TextDecoder("utf-8", { fatal: 1 }).fatal, plain.decode(), plain.decode(undefined));
  lines.push(attempt(() => plain.decode("text")), attempt(() => plain.decode([])), attempt(() => TextDecoder()));
  const buffer = new Uint8Array([0x41, 0x42, 0x43, 0x44]).buffer;
  lines.push(plain.decode(buffer), plain.decode(new Uint8Array(buffer, 1, 2)), plain.decode(new DataView(buffer, 2)), plain.decode(new Uint16Array(buffer)));
  const fatal = new TextDecoder("utf-8", { fatal: true });
  lines.push(fatal.decode(new Uint8Array([0xe2, 0x82]), { stream: true }) + fatal.decode(new Uint8Array([0xac]), { stream: true }) + fatal.decode());
  lines.push(fatal.decode(new Uint8Array([0xe2]), { stream: true }), attempt(() => fatal.decode()), fatal.decode(new Uint8Array([0x41])));
  return lines;
}

function encodings() {
  const lines = [];
  const labels = ["utf-16le", "utf-16be", "windows-1252", "utf-16", "UTF-16LE", "\tlatin1 ", "ISO-8859-1", "ascii", "us-ascii", "cp1252", "x-cp1252", "l1", "iso88591", "iso_8859-1:1987", "ucs-2", "unicode", "unicodefffe", "csunicode", "ibm819"];
  for (const label of labels) {
    lines.push(`${label} ${attempt(() => new TextDecoder(label).encoding)}`);
  }
  lines.push(new TextDecoder("latin1").decode(new Uint8Array([0x41, 0xe9])), new TextDecoder("windows-1252").decode(), codes(new TextDecoder("latin1").decode(new Uint8Array([0xff, 0xfe, 0x41]))));
  const units = [[], [0x41], [0xfeff], [0xfeff, 0x41], [0xfffe, 0x41], [0xfeff, 0xfeff], [0x41, 0xfeff], [0xe9, 0x20ac], [0xd83d, 0xde00], [0xd83d], [0xde00], [0xd83d, 0x41], [0xd83d, 0xd83d, 0xde00], [0xde00, 0xd83d], [0x41, 0xd83d, 0xde00, 0x42], [0xdbff, 0xdfff], [0xd800, 0xdc00], [0, 0x100]];
  for (const text of units) {
    for (const odd of [false, true]) {
      for (const [label, little] of [["utf-16le", true], ["utf-16be", false]]) {
        const view = new DataView(new ArrayBuffer(text.length * 2 + odd));
        text.forEach((unit, i) => view.setUint16(i * 2, unit, little));
        const data = new Uint8Array(view.buffer);
        const fatal = attempt(() => codes(new TextDecoder(label, { fatal: true }).decode(data)));
        lines.push(`${label} ${hex(data)} ${codes(new TextDecoder(label).decode(data))} | ${fatal} | ${codes(new TextDecoder(label, { ignoreBOM: true }).decode(data))}`);
        for (const size of [1, 2, 3]) {
          for (const options of [{}, { ignoreBOM: true }]) {
            const stream = new TextDecoder(label, options);
            let joined = "";
            for (let i = 0; i < data.length; i += size) {
              joined += stream.decode(data.subarray(i, i + size), { stream: true });
            }
            lines.push(`stream ${codes(joined + stream.decode())} ${codes(stream.decode(data))}`);
          }
        }
      }
    }
  }
  return lines;
}

function base64() {
  const lines = [];
  for (const text of ["", "a", "ab", "abc", "abcd", "\u0000\u00ff", "\u0100", "\u00e9", null, undefined, 12]) {
    lines.push(`btoa ${attempt(() => btoa(text))}`);
  }
  for (const text of ["", "YQ==", "YQ=", "YQ", "YQ===", "Y", "YWI=", "YWJj", " Y W\tJ\nj ", "YWJjZA", "=", "==", "YQ=a", "Y-_x", "YR==", "\u00e9", "YQ\u00a0==", "////", "++++", null, 12]) {
    lines.push(`atob ${JSON.stringify(text)} ${attempt(() => codes(atob(text)))}`);
  }
  return lines;
}

export function run() {
  return [...encoder(), ...decoder(), ...encodings(), ...base64()].map(String);
}

// What the bytes 0 to 255 are in windows-1252: Node says what they are in ISO-8859-1.
export function runStandard() {
  return [...new TextDecoder("latin1").decode(Uint8Array.from({ length: 256 }, (_, i) => i))].map((c) => c.codePointAt(0));
}
