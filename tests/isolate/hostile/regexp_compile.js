// thrown|stack|memory: a RegExp of a hundred thousand groups
export default function attack() {
  return new RegExp("(".repeat(100000) + ")".repeat(100000));
}
