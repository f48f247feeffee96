// hono/html and hono/cookie: pages with escaped values, signed cookies.
import { Hono } from "hono";
import { getSignedCookie, setCookie, setSignedCookie } from "hono/cookie";
import { html, raw } from "hono/html";

const SECRET = "a secret for cookies";
const app = new Hono();
app.get("/page", (c) => {
  const said = html`<p title="${'"'}">${c.req.query("q")}</p>`;
  return c.html(html`${said}${raw("<hr>")}`);
});
app.get("/in", async (c) => {
  setCookie(c, "theme", "dark mode", { path: "/", httpOnly: true, sameSite: "Lax", maxAge: 60 });
  await setSignedCookie(c, "user", "ada", SECRET);
  return c.text("set");
});
app.get("/who", async (c) => c.json(await getSignedCookie(c, SECRET)));
export default app;

const user = "user=ada.83p12OysYwLA%2FxT9%2BLjXVQLZeTBF1BRJS16gvy7QTD4%3D";
export const requests = [
  { path: "/page?q=%3Cb%3E%26", answer: '<p title="&quot;">&lt;b&gt;&amp;</p><hr>' },
  {
    path: "/in",
    answer: "set",
    answerHeaders: {
      "set-cookie": ["theme=dark%20mode; Max-Age=60; Path=/; HttpOnly; SameSite=Lax", `${user}; Path=/`],
    },
  },
  { path: "/who", headers: { cookie: user }, answer: { user: "ada" } },
  { path: "/who", headers: { cookie: user.replace("ada", "eve") }, answer: { user: false } },
];
