// Digests, as hex.
//> GET /
//> POST / {"body": "The quick brown fox"}
export default {
  async fetch(request) {
    const data = await request.arrayBuffer();
    const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");
    const found = {};
    for (const name of ["SHA-1", "sha-256", "SHA-384", "SHA-512"])
      found[name] = hex(await crypto.subtle.digest(name, data));
    found.object = hex(await crypto.subtle.digest({ name: "SHA-256" }, new Uint8Array(data)));
    found.unknown = await crypto.subtle.digest("SHA-3000", data).catch((error) => error.name);
    return Response.json(found);
  },
};
