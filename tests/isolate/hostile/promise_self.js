// thrown: a promise resolved with itself
export default function attack() {
  let resolve;
  const promise = new Promise((r) => (resolve = r));
  resolve(promise);
  return promise;
}
