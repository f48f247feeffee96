// memory: errors that each hold the one before
export default function attack() {
  for (let error; ; ) error = new Error("x", { cause: error });
}
