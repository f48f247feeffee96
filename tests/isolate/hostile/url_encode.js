// cpu: URLs and search parameters whose characters are all escaped
export default function attack() {
  for (;;) new URL("?" + "\u00e4 =%&".repeat(5000), "http://h").searchParams.toString();
}
