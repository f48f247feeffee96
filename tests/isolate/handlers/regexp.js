// done: RegExp with groups, sticky and global state, look-behind, unicode
import { assert, check, history, report } from "./pristine.js";

const counter = /o/g;

export default {
  async fetch(request) {
    check(request);
    assert(counter.lastIndex === 0 && counter.test("foo") && counter.lastIndex === 2, "lastIndex");
    const m = /(?<year>\d{4})-(?<month>\d\d)/u.exec("on 2026-11-21");
    assert(m.groups.year === "2026" && m.groups.month === "11" && m.index === 3, "groups");
    assert("a1b22".replace(/\d+/g, (d) => d * 2) === "a2b44", "replace");
    assert([..."x1y2".matchAll(/[a-z](\d)/g)].map((r) => r[1]).join() === "1,2", "matchAll");
    assert(/(?<=\$)\d+/.exec("cost $42")[0] === "42" && "a,b;c".split(/[,;]/).length === 3, "split");
    RegExp.prototype.exec = () => null;
    history.push(m);
    return report();
  },
};
