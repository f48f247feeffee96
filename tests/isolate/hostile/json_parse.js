// cpu: JSON.parse in an endless loop
export default function attack() {
  const text = JSON.stringify(Array(2000).fill({ a: [1, "x"] }));
  for (;;) JSON.parse(text);
}
