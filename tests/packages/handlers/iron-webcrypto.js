// Seals objects with a password.
import * as Iron from "iron-webcrypto";

const PASSWORD = "a password of at least 32 characters";
export default {
  async fetch(request) {
    const sealed = await Iron.seal(await request.json(), PASSWORD, Iron.defaults);
    return Response.json([sealed.startsWith("Fe26.2*"), await Iron.unseal(sealed, PASSWORD, Iron.defaults)]);
  },
};

export const requests = [{ method: "POST", path: "/", body: '{"a":1}', answer: [true, { a: 1 }] }];
