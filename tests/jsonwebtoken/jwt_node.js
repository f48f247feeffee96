// Tokens by node:crypto alone: reads {sign: [[algorithm, key, payload]], verify: [[token, key]]} with keys in PEM, and
// writes the tokens, and of those to verify whether they are right. {keys: true} gives keys in PEM and as JWK.
import { constants, createHmac, generateKeyPairSync, sign, verify } from "node:crypto";

const b64 = (data) => Buffer.from(data).toString("base64url");
const options = (name, key) => ({
  key,
  dsaEncoding: "ieee-p1363",
  ...(name.startsWith("PS") && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: Number(name.slice(2)) / 8 }),
});
const hash = (name) => (name === "EdDSA" ? null : `sha${name.slice(2)}`);

function makeToken([name, key, payload]) {
  const text = `${b64(JSON.stringify({ alg: name, typ: "JWT" }))}.${b64(JSON.stringify(payload))}`;
  const signature = name.startsWith("HS")
    ? createHmac(hash(name), key).update(text).digest()
    : sign(hash(name), Buffer.from(text), options(name, key));
  return `${text}.${b64(signature)}`;
}

function isRight([token, key]) {
  const [header, payload, signature] = token.split(".");
  const { alg } = JSON.parse(Buffer.from(header, "base64url"));
  return verify(hash(alg), Buffer.from(`${header}.${payload}`), options(alg, key), Buffer.from(signature, "base64url"));
}

function makeKeys() {
  const pairs = {
    rsa: generateKeyPairSync("rsa", { modulusLength: 2048 }),
    rsa1024: generateKeyPairSync("rsa", { modulusLength: 1024 }),
    p256: generateKeyPairSync("ec", { namedCurve: "P-256" }),
    p384: generateKeyPairSync("ec", { namedCurve: "P-384" }),
    p521: generateKeyPairSync("ec", { namedCurve: "P-521" }),
    ed25519: generateKeyPairSync("ed25519"),
  };
  const result = {};
  for (const [name, { privateKey, publicKey }] of Object.entries(pairs)) {
    result[name] = {
      private: privateKey.export({ type: "pkcs8", format: "pem" }),
      public: publicKey.export({ type: "spki", format: "pem" }),
      privateJwk: privateKey.export({ format: "jwk" }),
      publicJwk: publicKey.export({ format: "jwk" }),
    };
  }
  result.rsa.pkcs1 = pairs.rsa.privateKey.export({ type: "pkcs1", format: "pem" });
  result.rsa.publicPkcs1 = pairs.rsa.publicKey.export({ type: "pkcs1", format: "pem" });
  result.p256.sec1 = pairs.p256.privateKey.export({ type: "sec1", format: "pem" });
  return result;
}

let input = "";
for await (const chunk of process.stdin) input += chunk;
const work = JSON.parse(input);
const done = { tokens: (work.sign ?? []).map(makeToken), right: (work.verify ?? []).map(isRight) };
process.stdout.write(JSON.stringify(work.keys ? makeKeys() : done));
