// memory: globals without end
export default function attack() {
  for (let i = 0; ; i++) globalThis["global" + i] = [i];
}
