// cpu: a rope read after each character that is added to its front
export default function attack() {
  for (let rope = "\u263a"; ; rope = "a" + rope) {
    if (rope.length > 20000) rope = "\u263a";
    rope.charCodeAt(rope.length - 1);
  }
}
