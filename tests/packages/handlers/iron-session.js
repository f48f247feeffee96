// Sessions in sealed cookies: encrypted, and signed.
import { sealData, unsealData } from "iron-session";

const password = "an example password that is long enough";

export default {
  async fetch(request) {
    const sealed = await sealData({ user: "ada" }, { password, ttl: 60 });
    const damaged = sealed.replace(/\*[^*]*\*/, "*AAAA*");
    const seen = [await unsealData(sealed, { password }), await unsealData(damaged, { password })];
    const other = await unsealData(sealed, { password: `${password}, and another` });
    return Response.json([sealed.slice(0, 6), ...seen, other]);
  },
};

export const requests = [{ path: "/", answer: ["Fe26.2", { user: "ada" }, {}, {}] }];
