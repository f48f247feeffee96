// What a FormData does.
//> GET /
export default {
  fetch() {
    const form = new FormData();
    form.append("a", "1");
    form.append("b", 2);
    form.append("a", "3");
    const seen = [[...form.entries()], form.getAll("a"), form.get("c"), form.has("b")];
    form.set("a", "4");
    form.delete("b");
    form.set("new", "5");
    seen.push([...form], [...form.values()], Object.prototype.toString.call(form));
    return Response.json(seen);
  },
};
