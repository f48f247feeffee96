// Verifies tokens of AWS Cognito and others, with keys that it has been given.
import { JwtVerifier } from "aws-jwt-verify";

const issuer = "https://issuer.example";
const jwks = {
  keys: [
    {
      kty: "OKP",
      kid: "one",
      use: "sig",
      alg: "EdDSA",
      crv: "Ed25519",
      x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    },
  ],
};
const verifier = JwtVerifier.create({ issuer, audience: "app", jwksUri: `${issuer}/jwks.json` });
verifier.cacheJwks(jwks);

export default {
  async fetch(request) {
    try {
      return Response.json(await verifier.verify(await request.text()));
    } catch (error) {
      return new Response(error.message, { status: 401 });
    }
  },
};

// Signed with the key of RFC 8037, appendix A.
const TOKEN =
  "eyJhbGciOiJFZERTQSIsImtpZCI6Im9uZSJ9." +
  "eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoiYXBwIiwic3ViIjoiYWRhIiwiZXhwIjo0MTAyNDQ0ODAwfQ." +
  "ni_2eDptXRgJLh83bjrrtBuQwKiU7eCgq8edOO5mYjfgh73L24IH3zqaOtXlvqXy8J60H2cqchGnog9ICllVDQ";
const OTHERS =
  "eyJhbGciOiJFZERTQSIsImtpZCI6Im9uZSJ9." +
  "eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoib3RoZXIiLCJleHAiOjQxMDI0NDQ4MDB9." +
  "_5pKtVm3nUiiZcBxlLHjoGFrFPUELJbM31sLvKahn6zgwQLR0ymkZfysRIGggzsXUFksM-rKw36JUYbKGoU8CQ";
const claims = { iss: issuer, aud: "app", sub: "ada", exp: 4102444800 };
export const requests = [
  { method: "POST", path: "/", body: TOKEN, answer: claims },
  {
    method: "POST",
    path: "/",
    body: OTHERS,
    status: 401,
    answer: "Audience not allowed: other. Expected: app",
  },
  { method: "POST", path: "/", body: TOKEN.replace(/....$/, "AAAA"), status: 401, answer: "Invalid signature" },
];
