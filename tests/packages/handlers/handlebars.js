// Handlebars templates, compiled at run time.
import Handlebars from "handlebars";

const template = Handlebars.compile("{{#each items}}<li>{{this}}</li>{{/each}}");
export default {
  async fetch(request) {
    return new Response(template({ items: await request.json() }));
  },
};

export const lacks = {
  error: "Function",
  why: "makes functions of text; compile templates beforehand: `handlebars` on the command line",
};
export const requests = [{ method: "POST", path: "/", body: '["<a>"]', answer: "<li>&lt;a&gt;</li>" }];
