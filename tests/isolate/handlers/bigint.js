// done: BigInt arithmetic
import { assert, check, history, report } from "./pristine.js";

export default {
  async fetch(request) {
    check(request);
    let factorial = 1n;
    for (let i = 1n; i <= 40n; i++) factorial *= i;
    assert(factorial.toString() === "815915283247897734345611269596115894272000000000", "factorial");
    assert(factorial % 1000000007n === 799434881n && (-7n) / 2n === -3n, "division");
    assert(BigInt.asUintN(64, -1n) === 0xffffffffffffffffn && 3n ** 100n > 2n ** 150n, "power");
    assert(BigInt("0x" + "f".repeat(64)).toString(2).length === 256, "radix");
    history.push(factorial);
    return report();
  },
};
