// cpu: an empty loop
export default function attack() {
  for (;;);
}
