// memory: an object that gets a property of a new name without end
export default function attack() {
  for (let object = {}, i = 0; ; i++) object["key" + i] = i;
}
