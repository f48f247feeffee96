// cpu: localeCompare of long strings
export default function attack() {
  for (const x = "\u00e4\u0323".repeat(5000); ; ) (x + "a").localeCompare(x + "b");
}
