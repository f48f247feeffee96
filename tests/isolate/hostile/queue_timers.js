// thrown: more intervals than may be open, each of which would begin anew
export default function attack() {
  for (let i = 0; i < 300; i++) setInterval(() => setTimeout(attack, 0), 0);
}
