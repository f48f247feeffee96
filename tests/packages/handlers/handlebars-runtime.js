// handlebars/runtime: templates that were compiled beforehand.
import Handlebars from "handlebars/runtime.js";

// In essence what `handlebars` on the command line makes of "{{#each items}}<li>{{this}}</li>{{/each}}".
const template = Handlebars.template({
  0: function (container, depth0) {
    return "<li>" + container.escapeExpression(container.lambda(depth0, depth0)) + "</li>";
  },
  compiler: [8, ">= 4.3.0"],
  main: function (container, depth0, helpers, partials, data) {
    var stack1;
    var lookupProperty =
      container.lookupProperty ||
      function (parent, propertyName) {
        return Object.prototype.hasOwnProperty.call(parent, propertyName) ? parent[propertyName] : undefined;
      };
    return (stack1 = lookupProperty(helpers, "each").call(
      depth0 != null ? depth0 : container.nullContext || {},
      depth0 != null ? lookupProperty(depth0, "items") : depth0,
      { name: "each", hash: {}, fn: container.program(0, data, 0), inverse: container.noop, data: data },
    )) != null
      ? stack1
      : "";
  },
  useData: true,
});
export default {
  async fetch(request) {
    return new Response(template({ items: await request.json() }));
  },
};

export const requests = [{ method: "POST", path: "/", body: '["<a>","b"]', answer: "<li>&lt;a&gt;</li><li>b</li>" }];
