// State machines.
import { assign, createActor, setup } from "xstate";

const machine = setup({ actions: { count: assign({ n: ({ context }) => context.n + 1 }) } }).createMachine({
  context: { n: 0 },
  initial: "off",
  states: {
    off: { on: { toggle: { target: "on", actions: "count" } } },
    on: { on: { toggle: "off", lock: "locked" } },
    locked: { type: "final" },
  },
});
export default {
  async fetch(request) {
    const actor = createActor(machine).start();
    for (const type of await request.json()) actor.send({ type });
    const { value, context, status } = actor.getSnapshot();
    return Response.json({ value, n: context.n, status });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '["toggle","toggle","lock","toggle"]',
    answer: { value: "on", n: 2, status: "active" },
  },
  { method: "POST", path: "/", body: '["toggle","lock","toggle"]', answer: { value: "locked", n: 1, status: "done" } },
];
