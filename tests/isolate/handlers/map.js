// done: Map, Set, WeakMap, at module level and per request
import { assert, check, history, report } from "./pristine.js";

const sessions = new Map([["first", 1]]);
const tags = new Set("abc");
const secrets = new WeakMap();

export default {
  async fetch(request) {
    check(request);
    assert(sessions.size === 1 && tags.size === 3, "sizes");
    for (let i = 0; i < 100; i++) sessions.set({ i }, i).set("k" + i, i);
    tags.delete("a");
    secrets.set(sessions, "s");
    assert(sessions.size === 201 && secrets.get(sessions) === "s", "set");
    assert([...sessions.keys()].filter((k) => typeof k === "string").length === 101, "iterate");
    assert(Object.groupBy([1, 2, 3], (x) => (x % 2 ? "odd" : "even")).odd.length === 2, "groupBy");
    Map.prototype.get = () => "tampered";
    history.push(sessions);
    return report();
  },
};
