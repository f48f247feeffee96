// Listeners, their order, and what stops them.
//> GET /
export default {
  fetch() {
    const target = new EventTarget();
    const seen = [];
    const first = (event) => seen.push(`first ${event.type}`);
    target.addEventListener("go", first);
    target.addEventListener("go", first);
    target.addEventListener("go", { handleEvent: (event) => seen.push(`object ${event.currentTarget === target}`) });
    target.addEventListener(
      "go",
      (event) => {
        event.preventDefault();
        event.stopImmediatePropagation();
      },
      { once: true },
    );
    target.addEventListener("go", () => seen.push("last"));
    seen.push(target.dispatchEvent(new Event("go", { cancelable: true })), target.dispatchEvent(new Event("go")));
    target.removeEventListener("go", first);
    seen.push(target.dispatchEvent(new Event("go")), target.dispatchEvent(new Event("none")));
    return Response.json(seen);
  },
};
