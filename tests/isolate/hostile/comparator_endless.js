// cpu: a comparator that never returns
export default function attack() {
  return [3, 1, 2].sort(() => { for (;;); });
}
