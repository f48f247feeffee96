// Keys of somebody who issues tokens, for jsonwebtoken.
import jwks from "jwks-rsa";

const KEY = {
  kty: "EC",
  kid: "one",
  use: "sig",
  crv: "P-256",
  x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
  y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
};

export default {
  async fetch(request) {
    const fetcher = async () => ({ keys: [KEY] });
    const client = jwks({ jwksUri: "https://example.com/jwks.json", fetcher });
    try {
      const key = await client.getSigningKey(new URL(request.url).pathname.slice(1));
      return new Response(key.getPublicKey().trim());
    } catch (error) {
      return new Response(`${error.name}: ${error.message}`, { status: 404 });
    }
  },
};

export const requests = [
  {
    path: "/one",
    answer: `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7
6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==
-----END PUBLIC KEY-----`,
  },
  { path: "/two", status: 404, answer: "SigningKeyNotFoundError: Unable to find a signing key that matches 'two'" },
];
