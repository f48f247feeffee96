// Puts methods that take a locale and options in the place of the firmware's, which refuse them.
// Functions, not constants: they are there wherever esbuild puts this file.
export function put(prototype, name, made) {
  const plain = prototype[name];
  const method = {
    [name](...given) {
      return made(plain, this, given);
    },
  }[name];
  Object.defineProperty(prototype, name, { value: method, writable: true, configurable: true });
}

export function asked(given) {
  return given.some((one) => one !== undefined);
}
