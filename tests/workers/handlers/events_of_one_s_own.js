// CustomEvent, and classes that extend Event and EventTarget.
//> GET /
class Emitter extends EventTarget {
  emit(name, detail) {
    return this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}
class Change extends Event {
  constructor(value) {
    super("change", { bubbles: true });
    this.value = value;
  }
}
export default {
  fetch() {
    const emitter = new Emitter();
    const seen = [];
    emitter.addEventListener("news", ({ detail, type }) => seen.push([type, detail]));
    emitter.addEventListener("change", (event) =>
      seen.push([event.value, event.bubbles, event instanceof Event, event.defaultPrevented]),
    );
    emitter.emit("news", { n: 1 });
    emitter.emit("news");
    emitter.dispatchEvent(new Change(7));
    return Response.json(seen);
  },
};
