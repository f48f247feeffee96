// memory: replace with a pattern that repeats what surrounds the match
export default function attack() {
  for (let text = "abc"; ; ) text = text.replace("b", "$`$'$&$`$'b");
}
