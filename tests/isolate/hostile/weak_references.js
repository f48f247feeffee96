// memory: weak references and registries to objects that stay
export default function attack() {
  const registry = new FinalizationRegistry(() => {});
  for (const all = [], weak = new WeakMap(); ; ) {
    const object = { all };
    weak.set(object, new WeakRef(object));
    registry.register(object, all.push(object));
  }
}
