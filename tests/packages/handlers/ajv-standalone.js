// A schema that ajv compiled beforehand, with ajv's own helper.
import ucs2length from "ajv/dist/runtime/ucs2length.js";

// Node.js gives CommonJS as a whole, bundlers its default.
const length = ucs2length.default ?? ucs2length;
// In essence what `ajv compile` makes of { required: ["name"], properties: { name: { type: "string", minLength: 2 } } }.
function validate(data, { instancePath = "" } = {}) {
  if (data && typeof data == "object" && !Array.isArray(data)) {
    if (data.name === undefined) {
      validate.errors = [{ instancePath, keyword: "required", message: "must have required property 'name'" }];
      return false;
    }
    if (typeof data.name === "string") {
      if (length(data.name) < 2) {
        const message = "must NOT have fewer than 2 characters";
        validate.errors = [{ instancePath: instancePath + "/name", keyword: "minLength", message }];
        return false;
      }
    } else {
      validate.errors = [{ instancePath: instancePath + "/name", keyword: "type", message: "must be string" }];
      return false;
    }
  }
  validate.errors = null;
  return true;
}
export default {
  async fetch(request) {
    return Response.json(validate(await request.json()) ? "right" : validate.errors);
  },
};

export const requests = [
  { method: "POST", path: "/", body: '{"name":"ad"}', answer: '"right"' },
  {
    method: "POST",
    path: "/",
    body: '{"name":"😀"}',
    answer: [{ instancePath: "/name", keyword: "minLength", message: "must NOT have fewer than 2 characters" }],
  },
];
