// stack: a JSON reviver that puts more into its holder
export default function attack() {
  return JSON.parse('{"a":1,"b":1}', function (key, value) {
    if (this.b) this.b = { a: 1, b: 1 };
    return value;
  });
}
