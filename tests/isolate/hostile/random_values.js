// cpu: random bytes, which are taken from the system outside the arena, without end
export default function attack() {
  for (const bytes = new Uint8Array(65536); ; ) crypto.getRandomValues(bytes);
}
