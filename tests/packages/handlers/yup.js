// Validates JSON bodies, asynchronously too.
import * as yup from "yup";

const User = yup.object({
  name: yup.string().required(),
  email: yup.string().email(),
  born: yup.date().max(new Date(Date.UTC(2020, 0))),
  nick: yup.string().test("free", "${path} is taken", async (value) => value !== "ada"),
});
export default {
  async fetch(request) {
    try {
      return Response.json(await User.validate(await request.json(), { abortEarly: false }));
    } catch (error) {
      return Response.json(error.errors.sort(), { status: 400 });
    }
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"name":"Ada","email":"a@b.example","born":"1815-12-10"}',
    answer: { name: "Ada", email: "a@b.example", born: "1815-12-10T00:00:00.000Z" },
  },
  {
    method: "POST",
    path: "/",
    body: '{"email":"no","nick":"ada"}',
    status: 400,
    answer: ["email must be a valid email", "name is a required field", "nick is taken"],
  },
];
