// cpu: a switch in a loop over strings
export default function attack() {
  for (let s = "a"; ; ) switch (s) { case "a": s = "b"; break; case "b": s = "a"; break; default: return s; }
}
