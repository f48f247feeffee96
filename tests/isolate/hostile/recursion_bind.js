// stack|cpu|memory: a function bound to a function bound to a function
export default function attack() {
  let f = () => 1;
  for (let i = 0; i < 4000; i++) f = f.bind(null, i);
  return f();
}
