// thrown: more timers than may be open
export default function attack() {
  for (;;) setTimeout(() => {}, 1000);
}
