// stack: an async function that awaits itself
export default async function attack() {
  await attack();
}
