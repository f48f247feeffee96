// cpu|memory: console.log of arrays nested without end
export default function attack() {
  let array = [];
  for (;;) console.log((array = [array]));
}
