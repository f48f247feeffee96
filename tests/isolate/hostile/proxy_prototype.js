// stack: an object whose prototype is a Proxy of that object
export default function attack() {
  const object = {};
  Object.setPrototypeOf(object, new Proxy(object, {}));
  return object.x;
}
