// cpu: a promise reaction that makes the next one
export default function attack() {
  const again = () => {
    Promise.resolve().then(again);
  };
  again();
  return new Promise(() => {});
}
