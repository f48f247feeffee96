// cpu: console.log in an endless loop
export default function attack() {
  for (;;) console.log("x".repeat(1000), { a: [1, 2, 3] });
}
