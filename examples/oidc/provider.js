// An OpenID Connect provider for trying the example: npm's oidc-provider. It takes every name, with any password.
//
// PORT: where it listens on 127.0.0.1. ORIGIN: of the function that it is for. CLIENT_SECRET: what that proves itself
// with; without, PKCE alone protects the code. ALGORITHM: of the ID tokens.

import { generateKeyPairSync } from "node:crypto";
import Provider from "oidc-provider";

const { PORT = "3000", ORIGIN = "http://localhost:8081", CLIENT_SECRET, ALGORITHM = "ES256" } = process.env;
const issuer = `http://127.0.0.1:${PORT}`;

const keyPair = { ES256: ["ec", { namedCurve: "P-256" }], RS256: ["rsa", { modulusLength: 2048 }] };
const { privateKey } = generateKeyPairSync(...keyPair[ALGORITHM]);

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: "edgelet",
      ...(CLIENT_SECRET ? { client_secret: CLIENT_SECRET } : { token_endpoint_auth_method: "none" }),
      id_token_signed_response_alg: ALGORITHM,
      redirect_uris: [`${ORIGIN}/callback`],
      post_logout_redirect_uris: [`${ORIGIN}/`],
    },
  ],
  jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: ALGORITHM, use: "sig" }] },
  pkce: { required: () => true },
  claims: { openid: ["sub"], profile: ["name"] },
  // The name comes in the ID token, and not only from the userinfo endpoint.
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, name: id }) }),
});
provider.listen(Number(PORT), "127.0.0.1", () => console.log(`the provider is ready: ${issuer}`));
