// memory: symbols without end
export default function attack() {
  for (const all = []; ; ) all.push(Symbol(all.length), Symbol.for("s" + all.length));
}
