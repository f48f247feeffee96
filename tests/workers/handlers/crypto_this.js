// Methods of crypto that are called on something else.
//> GET /
export default {
  async fetch() {
    const { digest, timingSafeEqual } = crypto.subtle;
    const { getRandomValues, randomUUID } = crypto;
    const bytes = new Uint8Array(4);
    // workerd throws where the standard has a rejected promise.
    const told = async (action) => {
      try {
        return typeof (await action());
      } catch (error) {
        return `${error.constructor.name} ${error.message.slice(0, 18)}`;
      }
    };
    return Response.json([
      await told(() => digest("SHA-256", bytes)),
      await told(() => digest.call({}, "SHA-256", bytes)),
      await told(() => digest.call(crypto, "SHA-256", bytes)),
      await told(() => digest.call(crypto.subtle, "SHA-256", bytes)),
      await told(() => getRandomValues(bytes)),
      await told(() => getRandomValues.call(crypto.subtle, bytes)),
      await told(() => randomUUID()),
      await told(() => timingSafeEqual(bytes, bytes)),
      randomUUID.call(crypto).length,
    ]);
  },
};
