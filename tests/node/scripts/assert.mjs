import assert, { AssertionError } from "node:assert";
import strict from "node:assert/strict";

export default async function ({ is, throws, rejects }) {
  is("passes", [assert(1), assert.ok("x"), assert.equal(1, "1"), assert.strictEqual(NaN, NaN), assert.deepEqual({ a: 1 }, { a: "1" }), assert.deepStrictEqual([1], [1]), assert.notEqual(1, 2), assert.notStrictEqual(1, "1"), assert.notDeepEqual({ a: 1 }, { a: 2 }), assert.notDeepStrictEqual([1], ["1"]), assert.match("abc", /b/), assert.doesNotMatch("abc", /x/), assert.ifError(null), assert.doesNotThrow(() => {})]);
  throws("equal", () => assert.equal(1, 2));
  throws("equal with a message", () => assert.equal(1, 2, "not so"));
  throws("message is an error", () => assert.equal(1, 2, new TypeError("mine")));
  throws("strictEqual", () => assert.strictEqual(1, 2));
  throws("strictEqual texts", () => assert.strictEqual("a", "b"));
  throws("notStrictEqual", () => assert.notStrictEqual(1, 1));
  throws("notEqual", () => assert.notEqual(1, 1));
  throws("fail", () => assert.fail());
  throws("fail with a message", () => assert.fail("boom"));
  throws("fail with an error", () => assert.fail(new RangeError("r")));
  throws("ifError", () => assert.ifError(new Error("x")));
  throws("ifError with 0", () => assert.ifError(0));
  throws("throws nothing", () => assert.throws(() => {}));
  throws("throws nothing of a kind", () => assert.throws(() => {}, TypeError));
  throws("throws nothing with a message", () => assert.throws(() => {}, "why"));
  const boo = () => { throw new TypeError("boo"); };
  throws("throws", () => assert.throws(boo));
  throws("throws class", () => assert.throws(boo, TypeError));
  throws("throws other class", () => assert.throws(boo, RangeError));
  throws("throws pattern", () => assert.throws(boo, /boo/));
  throws("throws other pattern", () => assert.throws(boo, /xyz/));
  throws("throws object", () => assert.throws(boo, { name: "TypeError", message: "boo" }));
  throws("throws object with pattern", () => assert.throws(boo, { message: /o+/ }));
  throws("throws function", () => assert.throws(boo, (error) => error instanceof TypeError));
  throws("throws function that says no", () => assert.throws(boo, () => false));
  throws("throws empty object", () => assert.throws(boo, {}));
  throws("throws what is no function", () => assert.throws(5));
  throws("doesNotThrow", () => assert.doesNotThrow(boo));
  throws("doesNotThrow with a message", () => assert.doesNotThrow(boo, "why"));
  throws("doesNotThrow other", () => assert.doesNotThrow(boo, RangeError));
  await rejects("rejects", assert.rejects(Promise.reject(new Error("x"))));
  await rejects("rejects with a class", assert.rejects(async () => boo(), TypeError));
  await rejects("rejects nothing", assert.rejects(Promise.resolve()));
  await rejects("rejects no promise", assert.rejects(() => 5));
  await rejects("doesNotReject", assert.doesNotReject(Promise.reject(new Error("x"))));
  throws("match", () => assert.match("abc", /x/));
  throws("match a number", () => assert.match(5, /x/));
  throws("doesNotMatch", () => assert.doesNotMatch("abc", /b/));
  throws("match no pattern", () => assert.match("a", "a"));
  throws("missing", () => assert.equal(1));
  throws("ok nothing", () => assert.ok());
  throws("ok message", () => assert(false, "why"));
  throws("strict.equal", () => strict.equal("1", 1));
  is("strict", [strict === assert.strict, strict.strict === strict, strict.equal === assert.strictEqual]);
  const pairs = [[{ a: 1 }, { a: 1 }], [[1, 2], [2, 1]], [new Set([1, "1"]), new Set(["1", 1])], [1, true], [null, undefined], [NaN, NaN], [new Date(0), new Date(0)], ["a", Object("a")], [[0], [-0]], [{ a: [{ b: 1 }] }, { a: [{ b: "1" }] }], [new Map([[1, 2]]), new Map([["1", 2]])], [/a/, /a/], [[], {}]];
  const holds = (check) => pairs.map(([a, b]) => {
    try {
      check(a, b, "no");
      return true;
    } catch (error) {
      return error.code;
    }
  });
  is("deepEqual", holds(assert.deepEqual));
  is("deepStrictEqual", holds(assert.deepStrictEqual));
  is("notDeepEqual", holds(assert.notDeepEqual));
  is("equal pairs", holds(assert.equal));
  const error = new AssertionError({ actual: 1, expected: 2, operator: "strictEqual" });
  is("AssertionError", [error.name, error.code, error.actual, error.expected, error.operator, error.generatedMessage, error.message]);
  is("AssertionError with a message", (({ message, generatedMessage }) => [message, generatedMessage])(new AssertionError({ message: "m" })));
  throws("AssertionError without options", () => new AssertionError());
}
