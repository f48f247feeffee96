// cpu: dates made and written without end
export default function attack() {
  for (let t = 0; ; t += 864e5) new Date(t % 8e15).toISOString() + new Date(t % 8e15).toLocaleString();
}
