// Prints a key for ES256, to be kept as a secret: node key.mjs | edgelet secret put SIGNING_KEY

import { createHash, generateKeyPairSync } from "node:crypto";

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const { crv, kty, x, y, d } = privateKey.export({ format: "jwk" });
// Its thumbprint (RFC 7638): by it others tell it from the next one.
const kid = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
console.log(JSON.stringify({ kid, kty, crv, x, y, d, alg: "ES256", use: "sig" }));
