// cpu|memory: for in over an object that is changed meanwhile
export default function attack() {
  const object = { a: 1, b: 2 };
  for (;;) for (const key in object) { delete object[key]; object[key] = 1; }
}
