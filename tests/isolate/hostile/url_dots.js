// cpu: a URL with many steps up and down
export default function attack() {
  for (;;) new URL("http://h/" + "a/../b/./".repeat(10000));
}
