// The classes of crypto and crypto.subtle.
//> GET /
const said = (action) => {
  try {
    return String(action());
  } catch (error) {
    return error.name;
  }
};

export default {
  fetch() {
    return Response.json([
      crypto instanceof Crypto,
      crypto.subtle instanceof SubtleCrypto,
      crypto.subtle === crypto.subtle,
      said(() => crypto),
      said(() => crypto.subtle),
      said(() => new Crypto()),
      said(() => new SubtleCrypto()),
      said(() => Crypto.prototype.randomUUID.call(crypto).length),
      typeof SubtleCrypto.prototype.digest,
      typeof SubtleCrypto.supports,
      typeof globalThis.SubtleCrypto,
      Object.getPrototypeOf(crypto) === Crypto.prototype,
    ]);
  },
};
