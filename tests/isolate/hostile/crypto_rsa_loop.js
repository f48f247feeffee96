// cpu: RSA keys that are made in an endless loop
const algorithm = { name: "RSA-PSS", modulusLength: 4096, publicExponent: new Uint8Array([1, 0, 1]), hash: "SHA-256" };
export default async function attack() {
  for (;;) {
    await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  }
}
