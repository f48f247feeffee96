// cpu: Date.parse of long texts that are no dates
export default function attack() {
  for (;;) Date.parse("1".repeat(20000) + " Jan (((".repeat(3000));
}
