// done: Date, Intl-free formatting, strings and sorting
import { assert, check, history, report } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    assert(new Date(Date.UTC(2026, 1, 29)).toISOString() === "2026-03-01T00:00:00.000Z", "UTC");
    assert(Date.parse("2026-11-21T04:05:06Z") === 1795233906000, "parse");
    assert(new Date(0).getTimezoneOffset() === 0 && Math.abs(new Date() - Date.now()) < 1000, "zone");
    const words = "the quick brown fox jumps over the lazy dog".split(" ");
    assert(words.toSorted().join(" ") === "brown dog fox jumps lazy over quick the the", "sort");
    assert("ﬀ".normalize("NFKD") === "ff" && "x".padStart(3, "ab") === "abx", "strings");
    const response = report();
    words.sort = null;
    Date.now = () => 0;
    history.push(words);
    return response;
  },
};
