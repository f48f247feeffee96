// cpu: timers made and cleared without end
export default function attack() {
  for (;;) clearInterval(setInterval(() => {}, 0));
}
