// stack: a toJSON that stringifies itself
export default function attack() {
  return JSON.stringify({ toJSON() { return JSON.stringify(this); } });
}
