// cpu: a long typed array filled, copied and searched without end
export default function attack() {
  const array = new Uint8Array(300000);
  for (;;) array.fill(1).copyWithin(1, 0).indexOf(2);
}
