// `npm test` runs this beside a device of its own, which has this project.

import assert from "node:assert";
import test from "node:test";

const url = process.env.EDGELET_URL;

const logIn = (user, password) => fetch(`${url}/login`, { method: "POST", body: JSON.stringify({ user, password }) });

const withToken = (token) => ({ headers: { Authorization: `Bearer ${token}` } });

test("a token opens /me until its user logs out", async () => {
  const { token } = await (await logIn("ada", "correct horse")).json();
  const me = await fetch(`${url}/me`, withToken(token));
  assert.deepEqual(await me.json(), { user: "ada" });
  assert.equal((await fetch(`${url}/logout`, { method: "POST", ...withToken(token) })).status, 204);
  assert.equal((await fetch(`${url}/me`, withToken(token))).status, 401);
});

test("a wrong password gets no token", async () => {
  const response = await logIn("nobody", "guess");
  assert.equal(response.status, 401);
  assert.deepEqual(await response.json(), { error: "wrong user or password" });
});
