// Mustache templates with sections and partials.
import Mustache from "mustache";

const template = "{{#users}}{{> user}}{{/users}}{{^users}}nobody{{/users}}";
export default {
  async fetch(request) {
    return new Response(Mustache.render(template, await request.json(), { user: "<p>{{name}} {{{raw}}}</p>" }));
  },
};

export const requests = [
  { method: "POST", path: "/", body: '{"users":[{"name":"<a>","raw":"<b>"}]}', answer: "<p>&lt;a&gt; <b></p>" },
  { method: "POST", path: "/", body: '{"users":[]}', answer: "nobody" },
];
