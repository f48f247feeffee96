// thrown: new Function, which compiles nothing here
export default function attack() {
  return new Function("for (;;);")();
}
