// memory: queueMicrotask of itself, twice each time
export default function attack() {
  const again = () => {
    queueMicrotask(again);
    queueMicrotask(again);
  };
  again();
  return new Promise(() => {});
}
