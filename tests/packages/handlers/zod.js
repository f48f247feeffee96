// Validates and transforms JSON bodies.
import { z } from "zod";

const User = z.object({
  name: z.string().trim().min(1).max(20),
  email: z.email(),
  age: z.coerce.number().int().min(18).optional(),
  tags: z.array(z.enum(["a", "b"])).default([]),
});
export default {
  async fetch(request) {
    const { success, data, error } = User.safeParse(await request.json());
    if (success) return Response.json(data);
    return Response.json(
      error.issues.map(({ path, code }) => [path.join("."), code]),
      { status: 400 },
    );
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"name":" Ada ","email":"ada@example.com","age":"36"}',
    answer: { name: "Ada", email: "ada@example.com", age: 36, tags: [] },
  },
  {
    method: "POST",
    path: "/",
    body: '{"name":"","email":"ada","age":17.5,"tags":["c"]}',
    status: 400,
    answer: [
      ["name", "too_small"],
      ["email", "invalid_format"],
      ["age", "invalid_type"],
      ["tags.0", "invalid_value"],
    ],
  },
];
