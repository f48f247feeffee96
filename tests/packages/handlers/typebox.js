// @sinclair/typebox: JSON Schemas, checked without generated code.
import { Type } from "@sinclair/typebox";
import { Value } from "@sinclair/typebox/value";

const Point = Type.Object({ x: Type.Number(), y: Type.Number({ maximum: 10 }), label: Type.Optional(Type.String()) });
export default {
  async fetch(request) {
    const point = Value.Convert(Point, await request.json());
    if (Value.Check(Point, point)) return Response.json(point);
    return Response.json(
      [...Value.Errors(Point, point)].map(({ path, message }) => `${path}: ${message}`),
      { status: 400 },
    );
  },
};

export const requests = [
  { method: "POST", path: "/", body: '{"x":"1","y":2}', answer: { x: 1, y: 2 } },
  {
    method: "POST",
    path: "/",
    body: '{"x":1,"y":20}',
    status: 400,
    answer: ["/y: Expected number to be less or equal to 10"],
  },
];
