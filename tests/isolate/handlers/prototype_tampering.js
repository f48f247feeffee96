// done: every prototype changed, frozen or replaced
import { assert, check, history, report } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    const response = report();
    const classes = [String, Number, Map, Set, Date, Promise, RegExp, Function, Error, Response, Headers, Array];
    for (let i = 0; i < classes.length; i++) {
      const keys = Reflect.ownKeys(classes[i].prototype);
      for (let j = 0; j < keys.length; j++) {
        if (keys[j] !== "then" && keys[j] !== "constructor") Reflect.deleteProperty(classes[i].prototype, keys[j]);
      }
      classes[i].prototype.tampered = history;
    }
    assert([].push === undefined && [].tampered === history, "deleted");
    Object.defineProperty(Object.prototype, "secret", { get: () => "leak", configurable: false });
    Object.setPrototypeOf(Map.prototype, Set.prototype);
    Object.freeze(Object.prototype);
    return response;
  },
};
