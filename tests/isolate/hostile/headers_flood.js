// memory|cpu|thrown: Headers that get a field of a new name without end
export default function attack() {
  for (const headers = new Headers(), i = []; ; i.push(1)) headers.append("x-" + i.length, "v");
}
