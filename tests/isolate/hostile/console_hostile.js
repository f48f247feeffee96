// cpu: console.log of an object whose toJSON never returns
export default function attack() {
  console.log({ toJSON() { for (;;); } });
}
