// "Sign in with" an OpenID Connect provider: authorization code with PKCE.
//
//   GET  /          who is signed in, with what signs in or out
//   GET  /login     to the provider
//   GET  /callback  where the provider sends people back
//   POST /logout    ends the session here, then at the provider

import jwt from "jsonwebtoken";
import { page } from "./page.js";

const SESSION = 8 * 3600; // seconds
const FLOW = 600; // seconds to sign in at the provider

const algorithms = ["HS256"];
const isHttps = (env) => env.ORIGIN.startsWith("https:");
// With the prefix, no other host and nobody without TLS can set them (RFC 6265bis).
const cookieName = (env, name) => (isHttps(env) ? `__Host-${name}` : name);

// A cookie whose content is signed. Its name is the token's audience, so that none passes for another.
function setCookie(env, name, claims, lifetime) {
  const token = jwt.sign(claims, env.SESSION_SECRET, { issuer: env.ORIGIN, audience: name, expiresIn: lifetime });
  return cookie(env, name, token, lifetime);
}

// Lax: the provider's answer leads here from its site.
const cookie = (env, name, value, lifetime) =>
  `${cookieName(env, name)}=${value}; Path=/; Max-Age=${lifetime}; HttpOnly; SameSite=Lax${isHttps(env) ? "; Secure" : ""}`;

const removeCookie = (env, name) => cookie(env, name, "", 0);

// What a cookie says; null where there is none that is signed and has not expired.
function readCookie(request, env, name) {
  const start = `${cookieName(env, name)}=`;
  const found = (request.headers.get("cookie") ?? "").split("; ").filter((one) => one.startsWith(start));
  if (found.length !== 1) return null;
  try {
    const token = found[0].slice(start.length);
    return jwt.verify(token, env.SESSION_SECRET, { algorithms, issuer: env.ORIGIN, audience: name });
  } catch {
    return null;
  }
}

const base64url = (bytes) =>
  btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");

const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));

const utf8 = (text) => new TextEncoder().encode(text);

async function areEqual(a, b) {
  const [first, second] = await Promise.all([a, b].map((text) => crypto.subtle.digest("SHA-256", utf8(text))));
  return crypto.subtle.timingSafeEqual(first, second);
}

function redirect(url, ...cookies) {
  const headers = new Headers({ Location: url, "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });
  for (const one of cookies) headers.append("Set-Cookie", one);
  return new Response(null, { status: 303, headers });
}

async function login(env) {
  const flow = { state: random(), nonce: random(), verifier: random() };
  const challenge = base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(flow.verifier))));
  const url = new URL(env.AUTHORIZATION_ENDPOINT);
  const parameters = {
    response_type: "code",
    client_id: env.CLIENT_ID,
    redirect_uri: `${env.ORIGIN}/callback`,
    scope: "openid profile",
    state: flow.state,
    nonce: flow.nonce,
    code_challenge: challenge,
    code_challenge_method: "S256",
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return redirect(url.href, setCookie(env, "flow", flow, FLOW));
}

// Asks the provider for the ID token that a code stands for.
async function exchange(env, code, verifier) {
  const body = new URLSearchParams({
    grant_type: "authorization_code",
    code,
    redirect_uri: `${env.ORIGIN}/callback`,
    client_id: env.CLIENT_ID,
    code_verifier: verifier,
  });
  const headers = {};
  if (env.CLIENT_SECRET) {
    const [id, secret] = [env.CLIENT_ID, env.CLIENT_SECRET].map(encodeURIComponent);
    headers.Authorization = `Basic ${btoa(`${id}:${secret}`)}`;
  }
  const response = await fetch(env.TOKEN_ENDPOINT, { method: "POST", headers, body, redirect: "error" });
  if (!response.ok) throw new Error(`the provider gives no token: ${response.status}`);
  return (await response.json()).id_token;
}

// The claims of an ID token (OpenID Connect Core, section 3.1.3.7).
async function checkIdToken(env, token, nonce) {
  const options = { algorithms: ["RS256", "PS256", "ES256", "EdDSA"], issuer: env.ISSUER, audience: env.CLIENT_ID, nonce };
  const claims = await new Promise((done, failed) => {
    jwt.verify(token, env.KEYS.key, options, (error, payload) => (error ? failed(error) : done(payload)));
  });
  const isOurs = Array.isArray(claims.aud) ? claims.azp === env.CLIENT_ID : (claims.azp ?? env.CLIENT_ID) === env.CLIENT_ID;
  if (!isOurs || !claims.exp || typeof claims.sub !== "string") throw new Error("the ID token is not for this client");
  return claims;
}

async function callback(request, env) {
  const answer = new URL(request.url).searchParams;
  const flow = readCookie(request, env, "flow");
  const failed = (why) => page(env, { problem: why }, 400, removeCookie(env, "flow"));
  // Without its cookie the answer is to somebody else's question (RFC 9700, section 4.7).
  if (!flow || !(await areEqual(answer.get("state") ?? "", flow.state))) return failed("This sign-in was not begun here.");
  // RFC 9207: of another provider's answer nothing is used.
  if ((answer.get("iss") ?? env.ISSUER) !== env.ISSUER) return failed("The answer is another provider's.");
  if (!answer.get("code")) return failed("The provider did not sign you in.");
  let claims;
  try {
    claims = await checkIdToken(env, await exchange(env, answer.get("code"), flow.verifier), flow.nonce);
  } catch (error) {
    console.error(`sign-in: ${error.message}`);
    return failed("The sign-in could not be checked.");
  }
  const session = { sub: claims.sub, name: `${claims.name ?? claims.sub}`.slice(0, 100), jti: crypto.randomUUID() };
  return redirect(`${env.ORIGIN}/`, setCookie(env, "session", session, SESSION), removeCookie(env, "flow"));
}

// The session of a request, or null.
async function readSession(request, env) {
  const session = readCookie(request, env, "session");
  return session && (await env.ENDED.get(session.jti)) === null ? session : null;
}

async function logout(request, env) {
  const session = await readSession(request, env);
  const home = `${env.ORIGIN}/`;
  // Another site's form comes without the cookie: it signs nobody out.
  if (!session) return redirect(home);
  // A copy of the cookie is worth nothing from here on.
  await env.ENDED.put(session.jti, "1", { expirationTtl: SESSION });
  if (!env.END_SESSION_ENDPOINT) return redirect(home, removeCookie(env, "session"));
  const url = new URL(env.END_SESSION_ENDPOINT);
  url.searchParams.set("client_id", env.CLIENT_ID);
  url.searchParams.set("post_logout_redirect_uri", home);
  return redirect(url.href, removeCookie(env, "session"));
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    switch (`${request.method} ${pathname}`) {
      case "GET /":
        return page(env, { session: await readSession(request, env) });
      case "GET /login":
        return login(env);
      case "GET /callback":
        return callback(request, env);
      case "POST /logout":
        return logout(request, env);
      default:
        return page(env, { problem: "There is nothing here." }, 404);
    }
  },
};
