// cpu|memory: digests of long inputs without end
export default async function attack() {
  for (const bytes = new Uint8Array(200000); ; ) await crypto.subtle.digest("SHA-512", bytes);
}
