// Either class of crypto's alone.
//> GET /
export default {
  fetch() {
    const Class = crypto.subtle instanceof SubtleCrypto;
    return Response.json([Class, crypto.subtle === crypto.subtle, typeof crypto.randomUUID(), typeof crypto.subtle.sign]);
  },
};
