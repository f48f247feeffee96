// Validates JSON bodies with rules that depend on each other.
import Joi from "joi";

const Booking = Joi.object({
  from: Joi.date().iso().required(),
  to: Joi.date().iso().greater(Joi.ref("from")).required(),
  card: Joi.string().creditCard(),
  voucher: Joi.string().pattern(/^[A-Z]{4}$/),
}).xor("card", "voucher");
export default {
  async fetch(request) {
    const { value, error } = Booking.validate(await request.json(), { abortEarly: false });
    if (!error) return Response.json(value);
    return Response.json(
      error.details.map(({ message }) => message),
      { status: 400 },
    );
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '{"from":"2026-01-01","to":"2026-01-02","card":"4111111111111111"}',
    answer: { from: "2026-01-01T00:00:00.000Z", to: "2026-01-02T00:00:00.000Z", card: "4111111111111111" },
  },
  {
    method: "POST",
    path: "/",
    body: '{"from":"2026-01-02","to":"2026-01-01"}',
    status: 400,
    answer: ['"to" must be greater than "ref:from"', '"value" must contain at least one of [card, voucher]'],
  },
];
