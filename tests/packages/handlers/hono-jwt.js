// hono/jwt: signs tokens, and lets requests with one in.
import { Hono } from "hono";
import { jwt, sign } from "hono/jwt";

const SECRET = "an example secret of 32 bytes ..";
const app = new Hono();
app.get("/token", async (c) => c.text(await sign({ sub: "ada", exp: 4102444800 }, SECRET, "HS256")));
app.use("/me", jwt({ secret: SECRET, alg: "HS256" }));
app.get("/me", (c) => c.json(c.get("jwtPayload")));
export default app;

const HEAD = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9";
const TOKEN = `${HEAD}.eyJzdWIiOiJhZGEiLCJleHAiOjQxMDI0NDQ4MDB9.6-1PQ9RK3qYG2LUuiXyLWfqbDWscbdkPOuIMz0puy-o`;
export const requests = [
  { path: "/token", answer: TOKEN },
  { path: "/me", headers: { authorization: `Bearer ${TOKEN}` }, answer: { sub: "ada", exp: 4102444800 } },
  { path: "/me", headers: { authorization: `Bearer ${TOKEN.slice(0, -1)}` }, status: 401, answer: "Unauthorized" },
  { path: "/me", status: 401, answer: "Unauthorized" },
];
