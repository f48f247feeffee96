// cpu: await in an endless loop
export default async function attack() {
  for (;;) await null;
}
