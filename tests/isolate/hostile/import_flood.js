// cpu|memory: import() of ever new names, each failure caught
export default async function attack() {
  for (let i = 0; ; i++) await import("./m" + i).catch(() => 0);
}
