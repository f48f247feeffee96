// cpu: nested loops with labels, continue and break
export default function attack() {
  outer: for (;;) {
    inner: do {
      for (let i = 0; i < 3; i++) {
        if (i === 1) continue inner;
        if (i === 2) continue outer;
      }
      break inner;
    } while (true);
  }
}
