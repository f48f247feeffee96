// cpu: a number of a hundred thousand digits read
export default function attack() {
  for (;;) Number("1." + "7".repeat(100000) + "e-300");
}
