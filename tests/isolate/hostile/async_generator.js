// cpu: for await over an endless async generator
async function* numbers() {
  for (let i = 0; ; i++) yield i;
}

export default async function attack() {
  for await (const x of numbers()) if (x < 0) break;
}
