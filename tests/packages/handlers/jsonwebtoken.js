// npm's own jsonwebtoken in the place of the firmware's: HS256, RS256, PS256, ES256, with KeyObjects and PEM.
import { createPrivateKey, createPublicKey } from "node:crypto";
import jwt from "jsonwebtoken";

// The EC key is that of RFC 7515, appendix A.3.
const KEYS = {
  HS256: "an example secret of 32 bytes ..",
  RS256: {
  kty: "RSA",
  n:
    "sjuahoQUiKsanyb_wV2Zq0_DM5BZTzQUx7McgaGekDBF-udc0w4V3NFugcvzh2dErnyEpAy1YyD2hH_ze5yLAtCzmDvqcYeWngZd" +
    "NGl1ZOtO05yKnz4oNWf38FwoZeIv7sBHC1TD6Mw3QLSNd7ft6hiMGK_hIUle4bb3nPDvqM-83w_EexVx1rb-GAdNn4vYxkpxM3c4" +
    "Lbt54l5aV4HH5ZBBPoruUA1LCKFUAqMRtx2qkuc2JGilKIwoYU5GLVtjtNtVqbeTe5iIXGVUoqY_pNJsJSVWq_IjeB15jR-" +
    "zpKS9LHXb08EVSmnJNyq-cg8sr8Yj-6vv3fqGRCSWrUUlZw",
  e: "AQAB",
  d:
    "AYY5-ZmKlWqlNSQ_vrcet9TcTgYXhXJkFRsmjMNFmGUZTB6LcDCoJjXSVKDaadeLwlRFTCPhr0HaaeKwQefiVnlTd-" +
    "NXS3ZF5v8V7_tQ6jaK-4tUsiz1ahOEDtWy8MAg-" +
    "dFCKkokzMpmVJLWvOXhToW8OP_UFJVMjvCiKID1A8QTXnvt0GhO8BgbUMKIOspevGrY-" +
    "ubFPKgI6e0qwilfG4bK_wfNTPrc_nu8S0ntZRsMPX6OxQ6kmiROP9912jE6pjeoa5D-feyJDAgkDGwsK7QSY6IjzNKRVaBX1Fl_-" +
    "qO6wByZIYdzxAqn0IYNumEMPgXKLDCgZteAszAvX8Ri_Q",
  p:
    "-SciUc4KIkO7mMpZTNtPU-" +
    "2aXdrke4Ug7Ivsz_CKv0LSvdCTErmhzDc78wp8m7rU4GY30jkXwH6ABxenfslkie11R5O3A9FLvN_fFrx32Kgt0jL2gSND0NPnjp" +
    "UITI4IshJlgFdijidh8RElz-mu3m3iCBa_PIotl_sPbvGodFM",
  q:
    "tyGGi98AMQR114xSbrE8gb8SjH7TEsldUUtx6bWxQjsbXLAO__9k4nTNYz3t-F5Ht-LJTbcPR2rU6itpPsHJP-" +
    "I0qi_YzHLLUuCxI2ErnolvWXPh55eV0NcOM7r3gm3ALPkFDnfDj1xjB1a4xTqa8NKpVE9vg2J1rOKZH4iRKB0",
  dp:
    "1SSeXn81-iQZm1cX2AERtwnf8gStS-ISzWnSt_zepUpEQO_qsa0udiaWWY-SFCNbs3Cetm_zGtDdM7QPrQ4avUfv-" +
    "cCrY0-sTDL0hV3L5QPS1yyT5tvFSyPMxxRFmkAzviqwvH-FJ3kXd4Qk5d3SpCQ6ppLXHLJU2NyFUnLXmlM",
  dq:
    "P2fhMN6GL3KO5pGUHPVKsNWaM4DZzgBgSfxoNXYOKJNUdvQSTXp80JeGYV0Y3syt4jIoZrsCFEUd8PIU34CzEGZeu6oTUz5PvaNE" +
    "Ua6cLqkBH6Sqy8fFPGipZynN9p_PUQLrSEYZNLLVKr5Q_SC8crNNo35ZatEVU0WlpLBhKdU",
  qi:
    "Fjhtwxw3y88d8X93Z3LV9ZqC_RMIXfRbFUgGm2waD_yIG1832YLcJ7Zp2aO5EP0UFHKgPCyaixJqe5iBx9M9bh13KPqqSWZmZtp0" +
    "Pc3Yj3BWOuAwbQ8VoTqQZ3IoZhW-C8wu2G6FhNVxl39gg5gcDRbS7u5oGf6M0W4hRJ0AoXo",
},
  ES256: {
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
  },
};
KEYS.PS256 = KEYS.RS256;

function keysOf(algorithm) {
  const key = KEYS[algorithm];
  if (typeof key === "string") return [key, key];
  const own = createPrivateKey({ key, format: "jwk" });
  return [own, createPublicKey(own).export({ type: "spki", format: "pem" })];
}

// Of a kind that a device does not read: 512 bits. What everybody has must not become a secret for that.
const OPEN = `-----BEGIN PUBLIC KEY-----
MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBANYDtEa6f+lmUA2zISK1acl2X28sxQ7S
piRj1AOTyhf6Yn8XwS5LVJONUl0/ZtTLxHvuSQK9TPE5WP5rg3vdO9UCAwEAAQ==
-----END PUBLIC KEY-----
`;

// HS256, with that text as the secret.
const FORGED =
  "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZG1pbiJ9." +
  "Mj3DEP8u5RiLCEqfCkOPLKw5-4bNc8NPFaTDNUkajB4";

function isTaken(token) {
  try {
    return Boolean(jwt.verify(token, OPEN, { algorithms: ["RS256", "HS256"] }));
  } catch {
    return false;
  }
}

export default {
  async fetch(request) {
    const algorithm = new URL(request.url).pathname.slice(1);
    if (algorithm === "forged") return Response.json(isTaken(FORGED));
    const [own, open] = keysOf(algorithm);
    const token = jwt.sign({ name: "ada" }, own, { algorithm, issuer: "me", noTimestamp: true });
    const damaged = token.replace(/.{4}$/, (end) => (end === "AAAA" ? "BBBB" : "AAAA"));
    const failures = [damaged, token].map((one, i) => {
      try {
        return jwt.verify(one, open, { algorithms: [algorithm], issuer: i ? "you" : "me" });
      } catch (error) {
        return `${error.name}: ${error.message}`;
      }
    });
    return Response.json([jwt.verify(token, open, { algorithms: [algorithm] }), ...failures]);
  },
};

const answer = [
  { name: "ada", iss: "me" },
  "JsonWebTokenError: invalid signature",
  "JsonWebTokenError: jwt issuer invalid. expected: you",
];
export const project = { alias: { jsonwebtoken: "jsonwebtoken" }, limits: { cpu_ms: 1000 } };
export const requests = [
  ...["HS256", "RS256", "PS256", "ES256"].map((name) => ({ path: `/${name}`, answer })),
  { path: "/forged", answer: false },
];
