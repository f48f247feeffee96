// cpu: a missing property looked up through a long chain of prototypes
export default function attack() {
  let object = {};
  for (let i = 0; i < 3000; i++) object = Object.create(object);
  for (;;) "missing" in object;
}
