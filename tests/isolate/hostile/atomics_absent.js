// thrown: Atomics.wait, which would block, on shared memory
export default function attack() {
  return Atomics.wait(new Int32Array(8), 0, 0);
}
