// cpu: queueMicrotask of itself
export default function attack() {
  const again = () => queueMicrotask(again);
  again();
  return new Promise(() => {});
}
