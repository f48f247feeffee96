// stack: a setter that sets itself
export default function attack() {
  ({ set x(value) { this.x = value; } }).x = 1;
}
