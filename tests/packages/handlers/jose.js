// Signs, verifies and decodes JWTs with HMAC; a JWK's thumbprint.
import { SignJWT, calculateJwkThumbprint, decodeJwt, jwtVerify } from "jose";

const key = new TextEncoder().encode("an example secret of 32 bytes ..");
export default {
  async fetch(request) {
    const { pathname } = new URL(request.url);
    if (pathname === "/thumbprint") return new Response(await calculateJwkThumbprint({ kty: "oct", k: "c2VjcmV0" }));
    if (pathname === "/sign") {
      const token = new SignJWT({ name: "ada" })
        .setProtectedHeader({ alg: "HS256" })
        .setIssuer("me")
        .setExpirationTime(4102444800);
      return new Response(await token.sign(key));
    }
    const token = await request.text();
    try {
      const { payload, protectedHeader } = await jwtVerify(token, key, {
        issuer: pathname.slice(1),
        algorithms: ["HS256"],
      });
      return Response.json({ payload, protectedHeader });
    } catch (error) {
      return Response.json({ code: error.code, claim: error.claim, claims: decodeJwt(token) }, { status: 401 });
    }
  },
};

const TOKEN =
  "eyJhbGciOiJIUzI1NiJ9.eyJuYW1lIjoiYWRhIiwiaXNzIjoibWUiLCJleHAiOjQxMDI0NDQ4MDB9." +
  "5cVN8dMSsWkU_pUAQ6uL18ootwnlG64KxJtkTvw3qyk";
const claims = { name: "ada", iss: "me", exp: 4102444800 };
export const requests = [
  { path: "/sign", answer: TOKEN },
  { method: "POST", path: "/me", body: TOKEN, answer: { payload: claims, protectedHeader: { alg: "HS256" } } },
  {
    method: "POST",
    path: "/you",
    body: TOKEN,
    status: 401,
    answer: { code: "ERR_JWT_CLAIM_VALIDATION_FAILED", claim: "iss", claims },
  },
  {
    method: "POST",
    path: "/me",
    body: `${TOKEN.slice(0, -2)}AA`,
    status: 401,
    answer: { code: "ERR_JWS_SIGNATURE_VERIFICATION_FAILED", claims },
  },
  { path: "/thumbprint", answer: "DWBh0SEIAPYh1x5uvot4z3AhaikHkxNJa3Ada2fT-Cg" },
];
