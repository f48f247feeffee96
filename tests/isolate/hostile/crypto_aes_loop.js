// cpu|memory: what is encrypted and wrapped again and again without end
const { subtle } = crypto;
export default async function attack() {
  const key = await subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["encrypt", "decrypt", "wrapKey"]);
  const wrapper = await subtle.generateKey({ name: "AES-KW", length: 128 }, true, ["wrapKey", "unwrapKey"]);
  const iv = new Uint8Array(12);
  for (let data = new Uint8Array(100000); ; ) {
    data = await subtle.encrypt({ name: "AES-GCM", iv }, key, data);
    await subtle.decrypt({ name: "AES-GCM", iv }, key, data);
    await subtle.wrapKey("raw", key, wrapper, "AES-KW");
    await subtle.wrapKey("jwk", key, key, { name: "AES-GCM", iv });
  }
}
