// memory|cpu|thrown: Headers that get a value for the same name without end
export default function attack() {
  for (const headers = new Headers(); ; ) headers.append("x", headers.get("x") ?? "v");
}
