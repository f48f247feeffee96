// Evaluates expressions with units, matrices and complex numbers.
import { all, create } from "mathjs";

const math = create(all);
export default {
  async fetch(request) {
    return Response.json((await request.json()).map((line) => math.format(math.evaluate(line), { precision: 10 })));
  },
};

export const project = { limits: { cpu_ms: 2000 } };
export const requests = [
  {
    method: "POST",
    path: "/",
    body: '["1.2 * (2 + 4.5)","12.7 cm to inch","det([-1, 2; 3, 1])","sqrt(-4)","derivative(\\"x^2 + x\\", \\"x\\")"]',
    answer: ["7.8", "5 inch", "-7", "2i", "2 * x + 1"],
  },
];
