// thrown: import() of a module that is not in the bundle
export default function attack() {
  return import("./no.js");
}
