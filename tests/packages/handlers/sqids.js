// Numbers as short ids.
import Sqids from "sqids";

const sqids = new Sqids({ minLength: 6 });
export default {
  async fetch(request) {
    const id = sqids.encode(await request.json());
    return Response.json({ id, back: sqids.decode(id) });
  },
};

export const requests = [{ method: "POST", path: "/", body: "[1,2,3]", answer: { id: "86Rf07", back: [1, 2, 3] } }];
