// thrown: the constructors of async and generator functions
export default function attack() {
  return (async () => {}).constructor("for (;;);")();
}
