// memory: rejections that nobody handles
export default function attack() {
  for (const all = []; ; ) all.push(Promise.reject(new Error("no")));
}
