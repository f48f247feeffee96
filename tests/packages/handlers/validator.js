// Whether texts are addresses, numbers, dates.
import validator from "validator";

export default {
  async fetch(request) {
    const { isEmail, isIBAN, isIP, isMobilePhone, isISO8601, isCreditCard } = validator;
    const texts = await request.json();
    const checks = { isEmail, isIBAN, isIP, isISO8601, isCreditCard, phone: (text) => isMobilePhone(text, "de-DE") };
    return Response.json(texts.map((text) => Object.keys(checks).filter((name) => checks[name](text))));
  },
};

export const requests = [
  {
    method: "POST",
    path: "/",
    body: '["a@b.example","DE89370400440532013000","::1","2026-02-28","4111111111111111","+4915123456789","x"]',
    answer: [["isEmail"], ["isIBAN"], ["isIP"], ["isISO8601"], ["isCreditCard"], ["phone"], []],
  },
];
