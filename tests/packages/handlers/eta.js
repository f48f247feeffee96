// Templates, compiled at run time.
import { Eta } from "eta/core";

const eta = new Eta();
export default {
  async fetch(request) {
    return new Response(eta.renderString("<% for (const one of it) { %><%= one %>;<% } %>", await request.json()));
  },
};

export const lacks = { error: "Function", why: "makes functions of text" };
export const requests = [{ method: "POST", path: "/", body: '["<a>"]', answer: "&lt;a&gt;;" }];
