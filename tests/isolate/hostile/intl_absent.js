// thrown: Intl, which does not exist here
export default function attack() {
  return new Intl.NumberFormat("de").format(1);
}
