// @cfworker/json-schema: validates with JSON Schema, interpreted.
import { Validator } from "@cfworker/json-schema";

const validator = new Validator({
  type: "object",
  required: ["name"],
  properties: { name: { type: "string", minLength: 2 }, mail: { type: "string", format: "email" } },
  additionalProperties: false,
});
export default {
  async fetch(request) {
    const { valid, errors } = validator.validate(await request.json());
    return Response.json({ valid, where: errors.map(({ instanceLocation, keyword }) => [instanceLocation, keyword]) });
  },
};

export const requests = [
  { method: "POST", path: "/", body: '{"name":"ada","mail":"a@b.example"}', answer: { valid: true, where: [] } },
  {
    method: "POST",
    path: "/",
    body: '{"name":"a"}',
    answer: {
      valid: false,
      where: [
        ["#", "properties"],
        ["#/name", "minLength"],
      ],
    },
  },
];
