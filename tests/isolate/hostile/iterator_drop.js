// cpu: an endless iterator, dropped to its end
export default function attack() {
  return Iterator.from({ next: () => ({}) }).drop(Infinity).next();
}
