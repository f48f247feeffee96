// cpu|memory: normalize of a long string of the letters that decompose most
export default function attack() {
  for (;;) "\ufdfa\u1e69\u0344".repeat(2000).normalize("NFKD").normalize("NFC");
}
