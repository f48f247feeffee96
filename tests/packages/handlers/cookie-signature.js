// Signs values of cookies, and checks them.
import { sign, unsign } from "cookie-signature";

export default {
  fetch(request) {
    const given = new URL(request.url).searchParams.get("value");
    return Response.json({ signed: sign(given, "a secret"), value: unsign(given, "a secret") });
  },
};

// As Python's hmac has them.
const SIGNED = "me.tYxSCRFIey3JNL0uXuT8NsCJihcTCZs8qZHtGZmS9ZU";
const TWICE = `${SIGNED}.7j8Ik7e8ydQgChJ5iVPserTeP3ffPbMbpi0uksai7ls`;

export const requests = [
  { path: "/?value=me", answer: { signed: SIGNED, value: false } },
  { path: `/?value=${SIGNED}`, answer: { signed: TWICE, value: "me" } },
];
