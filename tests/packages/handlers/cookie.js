// Cookies, both ways.
import { parseCookie, stringifySetCookie } from "cookie";

export default {
  fetch(request) {
    const cookies = parseCookie(request.headers.get("cookie"));
    const set = stringifySetCookie({ name: "seen", value: "a é", httpOnly: true, maxAge: 60, sameSite: "lax" });
    return Response.json(cookies, { headers: { "set-cookie": set } });
  },
};

export const requests = [
  {
    path: "/",
    headers: { cookie: "a=1; b=%C3%A9; c=x=y" },
    answer: { a: "1", b: "é", c: "x=y" },
    answerHeaders: { "set-cookie": ["seen=a%20%C3%A9; Max-Age=60; HttpOnly; SameSite=Lax"] },
  },
];
