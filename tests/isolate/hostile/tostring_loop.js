// cpu: a thrown object whose toString never returns
export default function attack() {
  throw { toString() { for (;;); } };
}
