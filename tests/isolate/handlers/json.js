// done: JSON in and out, with a reviver, a replacer and toJSON
import { assert, check, history, report } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    const value = JSON.parse('{"a":[1,2.5,-3e2,null,true,"\\u00fc\\ud83d\\ude00"],"b":{"c":{"d":[]}}}');
    const text = JSON.stringify({ value, date: { toJSON: () => "day" } }, (k, v) => (k === "b" ? undefined : v), 1);
    assert(text.replace(/\s/g, "") === '{"value":{"a":[1,2.5,-300,null,true,"ü😀"]},"date":"day"}', text);
    assert(JSON.parse("[1,[2]]", (k, v) => (typeof v === "number" ? v + 1 : v))[1][0] === 3, "reviver");
    Object.prototype.toJSON = () => "tampered";
    assert(JSON.stringify({}) === '"tampered"', "toJSON");
    history.push(text);
    return report();
  },
};
