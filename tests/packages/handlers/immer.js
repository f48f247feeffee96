// Immutable states by changing drafts, with patches.
import { enablePatches, produceWithPatches } from "immer";

enablePatches();
const state = { users: [{ name: "ada", tags: ["a"] }], count: 0 };
export default {
  async fetch(request) {
    const { name } = await request.json();
    const [next, patches] = produceWithPatches(state, (draft) => {
      draft.users.push({ name, tags: [] });
      draft.count++;
    });
    return Response.json({ next, patches, same: next.users[0] === state.users[0], before: state.count });
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"name":"eve"}',
    answer: {
      next: {
        users: [
          { name: "ada", tags: ["a"] },
          { name: "eve", tags: [] },
        ],
        count: 1,
      },
      patches: [
        { op: "add", path: ["users", 1], value: { name: "eve", tags: [] } },
        { op: "replace", path: ["count"], value: 1 },
      ],
      same: true,
      before: 0,
    },
  },
];
