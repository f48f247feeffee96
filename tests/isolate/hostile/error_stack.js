// cpu: errors with stacks of every frame, made at the end of a deep recursion
export default function attack() {
  Error.stackTraceLimit = Infinity;
  const deep = (n) => {
    if (n > 0) return deep(n - 1);
    for (;;) new Error("x").stack;
  };
  deep(100);
}
