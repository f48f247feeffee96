// nunjucks: templates that were compiled beforehand.
import nunjucks from "nunjucks/browser/nunjucks-slim.js";

const environment = new nunjucks.Environment(new nunjucks.PrecompiledLoader({ "list.html": { root } }));

// What `nunjucks-precompile` makes of
// "{% for one in items %}<li>{{ loop.index }} {{ one | upper }}</li>{% else %}none{% endfor %}".
function root(env, context, frame, runtime, cb) {
  var output = "";
  try {
    frame = frame.push();
    var t_3 = runtime.contextOrFrameLookup(context, frame, "items");
    if (t_3) {
      t_3 = runtime.fromIterator(t_3);
      var t_2 = t_3.length;
      for (var t_1 = 0; t_1 < t_3.length; t_1++) {
        var t_4 = t_3[t_1];
        frame.set("one", t_4);
        frame.set("loop.index", t_1 + 1);
        output += "<li>";
        output += runtime.suppressValue(
          runtime.memberLookup(runtime.contextOrFrameLookup(context, frame, "loop"), "index"),
          env.opts.autoescape,
        );
        output += " ";
        output += runtime.suppressValue(env.getFilter("upper").call(context, t_4), env.opts.autoescape);
        output += "</li>";
      }
    }
    if (!t_2) {
      output += "none";
    }
    frame = frame.pop();
    cb(null, output);
  } catch (e) {
    cb(runtime.handleError(e, 0, 0));
  }
}

export default {
  async fetch(request) {
    return new Response(environment.render("list.html", { items: await request.json() }));
  },
};

export const requests = [
  { method: "POST", path: "/", body: '["<a>", "b"]', answer: "<li>1 &lt;A&gt;</li><li>2 B</li>" },
  { method: "POST", path: "/", body: "[]", answer: "none" },
];
