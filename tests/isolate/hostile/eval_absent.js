// thrown: eval, which does not exist here
export default function attack() {
  return eval("for (;;);");
}
