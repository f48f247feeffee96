// cpu: signatures and secrets by every curve in an endless loop
const { subtle } = crypto;
const data = new Uint8Array(1000);
export default async function attack() {
  for (;;) {
    for (const algorithm of [{ name: "ECDSA", namedCurve: "P-256" }, { name: "ECDSA", namedCurve: "P-384" }, { name: "Ed25519" }]) {
      const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, ["sign", "verify"]);
      const params = { name: algorithm.name, hash: "SHA-384" };
      const signature = await subtle.sign(params, privateKey, data);
      await subtle.verify(params, publicKey, signature, data);
      await subtle.importKey("pkcs8", await subtle.exportKey("pkcs8", privateKey), algorithm, true, ["sign"]);
    }
    for (const algorithm of [{ name: "ECDH", namedCurve: "P-256" }, { name: "X25519" }]) {
      const { privateKey, publicKey } = await subtle.generateKey(algorithm, true, ["deriveBits"]);
      await subtle.deriveBits({ name: algorithm.name, public: publicKey }, privateKey, 256);
    }
  }
}
