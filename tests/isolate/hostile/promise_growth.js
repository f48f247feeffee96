// memory: promise reactions that each make two
export default function attack() {
  const again = () => {
    Promise.resolve().then(again);
    Promise.resolve().then(again);
  };
  again();
  return new Promise(() => {});
}
