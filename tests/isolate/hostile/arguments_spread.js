// cpu|memory|stack|thrown: a call with a hundred thousand arguments, again and again
export default function attack() {
  for (;;) Math.max(...Array(100000).keys());
}
