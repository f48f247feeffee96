// cpu|memory: import() of the module itself without end
export default async function attack() {
  for (;;) await import("./attack.js");
}
