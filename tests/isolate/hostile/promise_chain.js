// memory: a chain of promises without end
export default function attack() {
  let promise = Promise.resolve();
  for (;;) promise = promise.then(() => promise);
}
