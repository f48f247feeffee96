// cpu|memory: keys that are made and kept without end
const kept = [];
export default async function attack() {
  for (;;) {
    kept.push(await crypto.subtle.generateKey({ name: "AES-CBC", length: 128 }, true, ["encrypt"]));
    kept.push(await crypto.subtle.generateKey({ name: "Ed25519" }, true, ["sign"]));
  }
}
