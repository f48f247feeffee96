// Validates with JSON Schema, compiled at run time.
import Ajv from "ajv";

const validate = new Ajv().compile({ type: "object", required: ["name"], properties: { name: { type: "string" } } });
export default {
  async fetch(request) {
    return Response.json(validate(await request.json()));
  },
};

export const lacks = {
  error: "Function",
  why: "makes functions of text; compile schemas beforehand: `ajv compile` of ajv-cli",
};
export const requests = [{ method: "POST", path: "/", body: '{"name":"ada"}', answer: true }];
