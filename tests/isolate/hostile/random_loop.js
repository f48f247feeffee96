// cpu: Math.random in an endless loop
export default function attack() {
  for (let x = 0; ; ) x += Math.random();
}
