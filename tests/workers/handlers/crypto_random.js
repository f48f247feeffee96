// Random numbers have the right shape.
//> GET /
export default {
  fetch() {
    const uuid = crypto.randomUUID();
    const array = new Uint32Array(4);
    const outcome = (value) => {
      try {
        return crypto.getRandomValues(value) === value;
      } catch (error) {
        return error.name;
      }
    };
    return Response.json([
      /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(uuid),
      uuid === crypto.randomUUID(),
      outcome(array),
      array.some((n) => n > 0xffff),
      outcome(new Uint8Array(65536)),
      outcome(new Uint8Array(65537)),
      outcome(new Float32Array(1)),
      outcome(new BigInt64Array(1)),
    ]);
  },
};
