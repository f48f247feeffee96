// A login: a password's PBKDF2, a token that it signs with ES256, and the keys by which others check it.
import { SignJWT, createLocalJWKSet, importJWK, jwtVerify } from "jose";

const PRIVATE = {
  kty: "EC",
  kid: "1",
  alg: "ES256",
  crv: "P-256",
  x: "elHBabrxF8YqMPGeCRP1URjQVlP3vq-OEKHutW4Gai8",
  y: "s2w_f9-Nc2MDSo2S0WsNHASZOVfDRXkWPtHg23t11PM",
  d: "Ffnj5rZTZUsbH8yyqPZrLmLO6KuGaHheFWKHUWNuHY4",
};
const { d, ...PUBLIC } = PRIVATE;
const keys = createLocalJWKSet({ keys: [PUBLIC] });
const ITERATIONS = 1000;
const RECORD = "Fa7nrzNjP1kpIyVdAcScZoXTOYRrrI/iYLUgR10QsVM=";

async function derived(password) {
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(password), "PBKDF2", false, ["deriveBits"]);
  const salt = new TextEncoder().encode("the salt of ada");
  const bits = await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations: ITERATIONS }, key, 256);
  return btoa(String.fromCharCode(...new Uint8Array(bits)));
}

export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/jwks.json") return Response.json({ keys: [PUBLIC] });
    const { user, password } = await request.json();
    if (user !== "ada" || (await derived(password)) !== RECORD) return new Response("no", { status: 401 });
    const token = await new SignJWT({ name: user })
      .setProtectedHeader({ alg: "ES256", kid: "1" })
      .setIssuer("me")
      .setExpirationTime(4102444800)
      .sign(await importJWK(PRIVATE));
    const { payload, protectedHeader } = await jwtVerify(token, keys, { issuer: "me", algorithms: ["ES256"] });
    return Response.json({ payload, protectedHeader });
  },
};

const login = (password) => ({ method: "POST", path: "/login", body: JSON.stringify({ user: "ada", password }) });
export const requests = [
  {
    ...login("correct horse"),
    answer: { payload: { name: "ada", iss: "me", exp: 4102444800 }, protectedHeader: { alg: "ES256", kid: "1" } },
  },
  { ...login("battery staple"), status: 401, answer: "no" },
  { path: "/jwks.json", answer: { keys: [PUBLIC] } },
];
