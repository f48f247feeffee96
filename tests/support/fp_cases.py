"""Floating point that must come out the same everywhere: a handler that answers `?N` with the N-th batch of results.

Texts first, then special values, then random bit patterns, of which a twentieth are denormal, infinite or NaN. For
each: its text, for a fifth of them in every format of JavaScript, the number that its text is read as, and what it
gives with the value before it. Only operations whose result IEEE 754 determines; sines and powers are the C library's.
"""

#: Batches there are, of 40 values each.
BATCHES = 52

ANSWER = """
const SIZE = 40;
const special = [
  0, -0, NaN, Infinity, -Infinity, 5e-324, -5e-324, 2.225073858507201e-308, 2.2250738585072014e-308, 1e-310,
  Number.MAX_VALUE, -Number.MAX_VALUE, Number.EPSILON, 2 ** 53 - 1, 2 ** 53, 2 ** 53 + 2, 2 ** 31, -(2 ** 31),
  2 ** 32, 1e21, 1e-7, 123456789012345680000, 0.1, 0.2, 0.1 + 0.2, 1 / 3, 4.35, 0.000001, 1.005, 1e23, 0.5, 1.5,
  2.5, -0.5, 1e100, 1e-100, 4294967295.5, 2147483647.5, -1, 1, 10, 255, 65536, 3.5e-323, 1.7976931348623157e308, 8.5,
];
const texts = [
  "1e400", "-1e400", "1e-400", "4.9406564584124654e-324", "2.4703282292062327e-324", "2.4703282292062328e-324",
  "2.2250738585072011e-308", "0.1000000000000000055511151231257827", "9007199254740993", "179769313486231580793e289",
  "0x1fffffffffffff", "0b101", "  12  ", "1e1000", "Infinity", "-0", ".5e1", "5.", "1_0", "", "12px",
];
const view = new DataView(new ArrayBuffer(8));

function bits(number) {
  if (number !== number) return "NaN";
  view.setFloat64(0, number);
  return view.getUint32(0).toString(16) + ":" + view.getUint32(4).toString(16);
}

// One number for the bits of many results, each of which counts.
function mix(results) {
  let all = 0;
  for (const result of results) {
    if (result !== result) all = Math.imul(all, 31) + 1;
    else {
      view.setFloat64(0, result);
      all = Math.imul(Math.imul(all, 31) + view.getInt32(0), 31) + view.getInt32(4);
    }
  }
  return all >>> 0;
}

function* random(seed) {
  for (;;) {
    const word = () => {
      seed = (seed + 0x6d2b79f5) | 0;
      let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return (mixed ^ (mixed >>> 14)) >>> 0;
    };
    let high = word();
    const kind = word() % 40;
    if (kind === 0) high &= 0x800fffff;
    if (kind === 1) high |= 0x7ff00000;
    if (kind > 20) high = (high & 0x800fffff) | ((1013 + (word() % 40)) << 20);
    view.setUint32(0, high);
    view.setUint32(4, word());
    yield view.getFloat64(0);
  }
}

function line(x, y, formatted) {
  const text = String(x);
  const results = mix([
    Number(text), x + y, x - y, x * y, x / y, x % y, Math.sqrt(Math.abs(x)), Math.floor(x), Math.round(x),
    Math.trunc(x), Math.fround(x), x | 0, x >>> 0, x < y, x === y, Object.is(x, y), Math.max(x, y), Math.hypot(x),
  ]);
  if (!formatted) return text + " " + results;
  return [text, results, x.toPrecision(6), x.toExponential(10), x.toFixed(3), JSON.stringify([x])].join(" ");
}

export default { fetch(request) {
  const batch = Number(new URL(request.url).search.slice(1));
  if (batch === 0) {
    return new Response(texts.map((text) => bits(Number(text)) + " " + bits(parseFloat(text))).join("\\n"));
  }
  const values = batch < 3 ? special.slice((batch - 1) * SIZE) : random(batch);
  const lines = [];
  let before = 1;
  for (const value of values) {
    lines.push(line(value, before, lines.length % 5 === 0));
    before = value;
    if (lines.length === SIZE) break;
  }
  return new Response(lines.join("\\n"));
} };
"""
