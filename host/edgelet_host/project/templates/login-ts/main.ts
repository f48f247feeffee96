// A login that issues JWTs.
//
//   POST /login   {"user": "ada", "password": "..."}      200 {"token": "..."}, 401, 429
//   GET  /me      Authorization: Bearer TOKEN             200 {"user": "ada"}, 401
//   POST /logout  Authorization: Bearer TOKEN             204, 401; the token is refused from then on
//   GET  /jwks.json                                       the public key by which others check tokens, with ES256

import jwt, { type Algorithm, type JwtPayload } from "jsonwebtoken";
import { checkPassword } from "./password.js";

const LIFETIME = 3600; // seconds
const ITERATIONS = 20000; // of PBKDF2, where nobody has said how many the users' records have

const problem = (status: number, text: string) => Response.json({ error: text }, { status });

// SIGNING_KEY is not in `secrets` of edgelet.toml, since it need not be there.
type Secrets = Env & { SIGNING_KEY?: string };

// What signs tokens and what checks them: ES256 with a private key where there is one, else HS256 with a secret.
interface Keys {
  algorithm: Algorithm;
  keyid?: string;
  signing: string | JsonWebKey;
  checking: string | JsonWebKey;
}

function keys(env: Secrets): Keys {
  if (!env.SIGNING_KEY) return { algorithm: "HS256", signing: env.JWT_SECRET, checking: env.JWT_SECRET };
  const signing: JsonWebKey = JSON.parse(env.SIGNING_KEY);
  // What everybody may see of it, by name: other kinds of keys have more that is private than d.
  const { kty, crv, x, y, kid, alg, use } = signing;
  const checking = { kty, crv, x, y, kid, alg, use };
  return { algorithm: "ES256", keyid: signing.kid, signing, checking };
}

async function readCredentials(request: Request) {
  const { user, password } = await request.json();
  // A name of 48 characters fits into a KV key, whatever they are.
  if (typeof user !== "string" || typeof password !== "string" || user.length > 48 || password.length > 256) {
    throw new TypeError("user and password must be text");
  }
  return { user, password };
}

async function login(request: Request, env: Env) {
  let credentials;
  try {
    credentials = await readCredentials(request);
  } catch {
    return problem(400, 'send JSON: {"user": ..., "password": ...}');
  }
  const { user, password } = credentials;
  // Per user and address: neither can one address try many passwords, nor many addresses lock a user out.
  const { success } = await env.ATTEMPTS.limit({ key: `${user} ${request.peer}` });
  if (!success) {
    return Response.json({ error: "too many attempts, try again later" }, { status: 429, headers: { "Retry-After": "60" } });
  }
  const [record, most] = [await env.USERS.get(`user:${user}`), await env.USERS.get("iterations")];
  if (!(await checkPassword(password, record, Number(most ?? ITERATIONS)))) {
    return problem(401, "wrong user or password");
  }
  const { algorithm, keyid, signing } = keys(env);
  const options = { issuer: env.ISSUER, subject: user, expiresIn: LIFETIME, jwtid: crypto.randomUUID(), algorithm };
  return Response.json({ token: jwt.sign({}, signing, keyid ? { ...options, keyid } : options) });
}

// The claims of the request's token. Throws where there is none, or one that is not valid (any more).
async function authenticate(request: Request, env: Env) {
  const [scheme, token] = (request.headers.get("authorization") ?? "").split(" ");
  if (scheme.toLowerCase() !== "bearer" || !token) {
    throw new jwt.JsonWebTokenError("no bearer token");
  }
  const { algorithm, checking } = keys(env);
  const claims = jwt.verify(token, checking, { algorithms: [algorithm], issuer: env.ISSUER });
  if ((await env.USERS.get(`revoked:${claims.jti}`)) !== null) {
    throw new jwt.JsonWebTokenError("logged out");
  }
  return claims;
}

async function logout(claims: JwtPayload, env: Env) {
  // It need not be remembered longer than a token lives.
  await env.USERS.put(`revoked:${claims.jti}`, "1", { expirationTtl: LIFETIME });
  return new Response(null, { status: 204 });
}

async function withClaims(
  request: Request,
  env: Env,
  answer: (claims: JwtPayload) => Response | Promise<Response>,
) {
  let claims;
  try {
    claims = await authenticate(request, env);
  } catch (error) {
    if (!(error instanceof jwt.JsonWebTokenError)) throw error;
    return Response.json({ error: "log in first" }, { status: 401, headers: { "WWW-Authenticate": "Bearer" } });
  }
  return answer(claims);
}

export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    // By the last segment, so that it works at every route.
    switch (`${request.method} ${pathname.slice(pathname.lastIndexOf("/"))}`) {
      case "POST /login":
        return login(request, env);
      case "GET /me":
        return withClaims(request, env, (claims) => Response.json({ user: claims.sub }));
      case "POST /logout":
        return withClaims(request, env, (claims) => logout(claims, env));
      case "GET /jwks.json": {
        const { algorithm, checking } = keys(env);
        return Response.json({ keys: algorithm === "ES256" ? [checking] : [] });
      }
      default:
        return problem(404, "there is POST /login, GET /me, POST /logout and GET /jwks.json");
    }
  },
} satisfies ExportedHandler<Env>;
