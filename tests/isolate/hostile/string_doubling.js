// memory|thrown: a string doubled without end
export default function attack() {
  for (let text = "ab"; ; text += text) text.charCodeAt(0);
}
