// cpu|memory: Promise.all over an endless iterator
export default function attack() {
  return Promise.all((function* () {
    for (;;) yield new Promise(() => {});
  })());
}
