// stack: a function that calls itself
export default function attack() {
  return attack() + 1;
}
