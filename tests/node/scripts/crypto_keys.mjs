import crypto, {
  constants, createCipheriv, createDecipheriv, createECDH, createHmac, createPrivateKey, createPublicKey, createSecretKey,
  createSign, createVerify, diffieHellman, ECDH, generateKeyPair, generateKeyPairSync, generateKeySync, getCipherInfo,
  KeyObject, privateDecrypt, publicEncrypt, sign, Sign, verify,
} from "node:crypto";
import { Readable, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";

// Those of RFC 7515, appendix A.3, and RFC 8037, appendix A; the others are of this file.
const KEYS = {
  rsa: {
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
  ec: {
    kty: "EC", crv: "P-256", x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0", d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
  },
  ec384: {
    kty: "EC",
    x: "ha0z_AStH8mdLKiAlIT38Fdoo4arf9uuOlHTkjRZLdG8U410xAnqfecjGGsPQZ_n",
    y: "6dRQx_U3KA_RC835ExGCBKiXOYRmTKETdJPSKUzTFIbs5bnISbKWBFSYPv7qAwT5",
    crv: "P-384",
    d: "aoo7MMp6fnTJLu9Ck_O3E_4wxQtH8uQS9JUwiEXNL7QbzPl6nPBbz7DiJhw-0YBa",
  },
  ed25519: {
    kty: "OKP", crv: "Ed25519", x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
    d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
  },
  x25519: { crv: "X25519", d: "2P_z9YANEVg2ABhXv_LG10LOgZ1TPJ1C6BgTfrouRFs", x: "IJkpH4rHvxwu4NhXAjrdC1Dq9rn2Q9ipq9vica3dPTg", kty: "OKP" },
  other: { crv: "X25519", d: "GN0XHEq6jrCoQIx7_c1rJfZ8g6yHNY-BnU6BbXOY22Y", x: "RA9FToD1y0TtriHYAP7UR_vF5FBTKQXDJ_qjaormgn0", kty: "OKP" },
};

const DATA = Buffer.from("what is signed");
const keyOf = (name) => createPrivateKey({ key: KEYS[name], format: "jwk" });
const sorted = (object) => Object.fromEntries(Object.entries(object).sort());

export default async function ({ is, throws, rejects }) {
  for (const name of Object.keys(KEYS)) {
    const key = keyOf(name);
    const open = createPublicKey(key);
    is(`${name} about`, [key.type, open.type, key.asymmetricKeyType, key.symmetricKeySize, sorted(key.asymmetricKeyDetails)]);
    is(`${name} jwk`, [sorted(key.export({ format: "jwk" })), sorted(open.export({ format: "jwk" }))]);
    const forms = { private: ["pkcs8", "pkcs1", "sec1"], public: ["spki", "pkcs1"] };
    for (const [one, types] of [[key, forms.private], [open, forms.public]]) {
      for (const type of types) {
        if ((type === "pkcs1" && name !== "rsa") || (type === "sec1" && !name.startsWith("ec"))) continue;
        const pem = one.export({ type, format: "pem" });
        const bytes = one.export({ type, format: "der" });
        is(`${name} ${one.type} ${type}`, [pem, bytes.toString("base64")]);
        const create = one.type === "private" ? createPrivateKey : createPublicKey;
        is(`${name} ${one.type} ${type} again`, [create(pem).equals(one), create({ key: bytes, format: "der", type }).equals(one)]);
      }
    }
    is(`${name} equals`, [key.equals(keyOf(name)), key.equals(open), createPublicKey(key.export({ type: "pkcs8", format: "pem" })).equals(open)]);
  }

  const [rsa, ec, ec384, ed25519] = ["rsa", "ec", "ec384", "ed25519"].map(keyOf);
  for (const name of ["RSA-SHA256", "sha384", "SHA512", "sha1"]) {
    const made = createSign(name).update("what is ").update(DATA.subarray(8)).sign(rsa, "base64");
    is(`rsa ${name}`, [made, createVerify(name).update(DATA).verify(createPublicKey(rsa), made, "base64"), sign(name, DATA, rsa).toString("base64") === made]);
  }
  is("ed25519", [sign(null, DATA, ed25519).toString("hex"), verify(null, DATA, createPublicKey(ed25519), sign(null, DATA, ed25519))]);
  const { RSA_PKCS1_PSS_PADDING: padding, RSA_PSS_SALTLEN_DIGEST, RSA_PSS_SALTLEN_MAX_SIGN, RSA_PSS_SALTLEN_AUTO } = constants;
  for (const saltLength of [undefined, RSA_PSS_SALTLEN_DIGEST, RSA_PSS_SALTLEN_MAX_SIGN, 20]) {
    const made = sign("sha256", DATA, { key: rsa, padding, saltLength });
    const read = [undefined, RSA_PSS_SALTLEN_AUTO, RSA_PSS_SALTLEN_DIGEST, 20].map((one) => verify("sha256", DATA, { key: rsa, padding, saltLength: one }, made));
    is(`pss ${saltLength}`, [made.length, saltLength === 20 ? read.slice(2) : read, verify("sha256", DATA, rsa, made)]);
  }
  for (const [name, key] of [["ec", ec], ["ec384", ec384]]) {
    for (const dsaEncoding of ["der", "ieee-p1363"]) {
      const made = sign("sha256", DATA, { key, dsaEncoding });
      const wrong = Buffer.from(made);
      wrong[made.length - 1] ^= 1;
      is(`${name} ${dsaEncoding}`, [verify("sha256", DATA, { key, dsaEncoding }, made), verify("sha256", DATA, { key, dsaEncoding }, wrong), verify("sha512", DATA, { key, dsaEncoding }, made)]);
      is(`${name} ${dsaEncoding} length`, dsaEncoding === "der" ? made[0] : made.length);
    }
  }
  const der = Buffer.from("304402201f1a4f2a6a1d5c6c3b1a7e0a2c4d6e8f1a3b5c7d9e0f1a2b3c4d5e6f7a8b9c0d02201f1a4f2a6a1d5c6c3b1a7e0a2c4d6e8f1a3b5c7d9e0f1a2b3c4d5e6f7a8b9c0d", "hex");
  for (const bytes of [der, der.subarray(0, 40), Buffer.from("3006020100020100", "hex"), Buffer.alloc(0), Buffer.concat([der, der])]) {
    is(`ec of ${bytes.length}`, verify("sha256", DATA, ec, bytes));
  }
  const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
  const right = sign("sha256", DATA, ec);
  const [first, second] = [right.subarray(4, 4 + right[3]), right.subarray(6 + right[3])].map((one) => one.toString("hex"));
  const part = (hex, tag = "02", more = "") => tag + (hex.length / 2).toString(16).padStart(2, "0") + more + hex;
  const forged = {
    ones: [part("01"), part("01")], order: [part("00" + order), part("00" + order)], none: [part(""), part("")],
    zero: [part("00"), part(second)], negative: [part("ff"), part("ff")], three: [part(first), part(second), part("01")],
    one: [part(first)], empty: [], tag: [part(first, "03"), part(second)], zeros: [part("00" + first), part(second)],
    swapped: [part(second), part(first)], nested: [part(part(first), "30"), part(second)],
  };
  for (const [name, parts] of Object.entries(forged)) {
    is(`forged ${name}`, verify("sha256", DATA, ec, Buffer.from(part(parts.join(""), "30"), "hex")));
  }
  const hex = right.toString("hex");
  const others = [hex + "00", `3080${hex.slice(4)}0000`, `31${hex.slice(2)}`, hex.slice(0, -2), `30${hex}`, part(hex, "30"), part(hex, "04")];
  is("forged otherwise", [hex, ...others].map((one) => verify("sha256", DATA, ec, Buffer.from(one, "hex"))));
  is("forged raw", [Buffer.alloc(64), Buffer.alloc(64, 255), right, Buffer.from(order + order, "hex"), Buffer.alloc(0)].map((one) =>
    verify("sha256", DATA, { key: ec, dsaEncoding: "ieee-p1363" }, one)));
  is("forged by others", [rsa, ed25519].map((key) => verify(key === rsa ? "sha256" : null, DATA, key, right)));
  const { x, y } = KEYS.ec;
  const jwks = [
    {}, { kty: "OKP", crv: "RSA", x }, { kty: "OKP", crv: "ec", x }, { kty: "EC", crv: "Ed25519", x, y }, { kty: "oct", k: x },
    { kty: "EC", crv: "P-256", x, y: x }, { kty: "EC", crv: "__proto__", x, y }, { kty: "RSA", n: KEYS.rsa.n }, { kty: "EC", crv: "P-256", x },
    { kty: "OKP", crv: "ED25519", x: ed25519.export({ format: "jwk" }).x }, { kty: "rsa", n: KEYS.rsa.n, e: "AQAB" }, { kty: "OKP", crv: "Ed25519", x: "AA" }, { kty: "none" },
  ];
  is("JWKs that are none", jwks.map((key) => {
    try {
      return createPublicKey({ key, format: "jwk" }).type;
    } catch (error) {
      return error instanceof Error && typeof error.code;
    }
  }));
  is("with pem", createVerify("sha256").update(DATA).verify(ec.export({ type: "sec1", format: "pem" }), createSign("sha256").update(DATA).sign({ key: ec.export({ type: "pkcs8", format: "pem" }) })));
  is("called back", await promisify(verify)("sha256", DATA, ec, await promisify(sign)("sha256", DATA, ec)));
  throws("sign with a public key", () => sign("sha256", DATA, createPublicKey(rsa)));
  is("sign a text", sign("sha256", "text", rsa));
  throws("an algorithm that is none", () => createSign(5));
  throws("update a number", () => createSign("sha256").update(5));
  throws("createPublicKey of a public key", () => createPublicKey(createPublicKey(rsa)));
  throws("createPrivateKey of nothing", () => createPrivateKey(undefined));
  throws("new KeyObject", () => new KeyObject("secret"));
  throws("equals of nothing", () => rsa.equals(5));

  const secret = createSecretKey("00112233445566778899aabbccddeeff", "hex");
  is("secret", [secret.type, secret.symmetricKeySize, secret.asymmetricKeyType, secret.export(), secret.export({ format: "jwk" }), secret.equals(createSecretKey(secret.export()))]);
  is("hmac", createHmac("sha256", secret).update("a").digest("hex"));
  throws("hmac with a private key", () => createHmac("sha256", rsa));
  throws("createSecretKey of a number", () => createSecretKey(5));
  is("of a CryptoKey", KeyObject.from(await crypto.subtle.importKey("raw", secret.export(), "AES-GCM", true, ["encrypt"])).equals(secret));

  for (const bits of [128, 192, 256]) {
    for (const mode of ["gcm", "cbc", "ctr"]) {
      const name = `aes-${bits}-${mode}`;
      const [key, iv] = [Buffer.alloc(bits / 8, 7), Buffer.alloc(mode === "gcm" ? 12 : 16, 9)];
      for (const text of ["", "short", "sixteen bytes...", "longer than sixteen bytes, and odd"]) {
        const cipher = createCipheriv(name, key, iv);
        if (mode === "gcm") cipher.setAAD(Buffer.from("beside"));
        const made = cipher.update(text, "utf8", "hex") + cipher.final("hex");
        const tag = mode === "gcm" ? cipher.getAuthTag() : undefined;
        const decipher = createDecipheriv(name.toUpperCase(), createSecretKey(key), iv);
        if (tag) decipher.setAuthTag(tag).setAAD(Buffer.from("beside"));
        is(`${name} of ${text.length}`, [made, tag, decipher.update(made, "hex", "utf8") + decipher.final("utf8")]);
      }
      is(`${name} info`, sorted(getCipherInfo(name) ?? {}).keyLength);
    }
  }
  const key = Buffer.alloc(16, 1);
  is("no padding", (() => {
    const cipher = createCipheriv("aes-128-cbc", key, key).setAutoPadding(false);
    const made = Buffer.concat([cipher.update(Buffer.alloc(32, 5)), cipher.final()]);
    const decipher = createDecipheriv("aes-128-cbc", key, key).setAutoPadding(false);
    return [made.toString("hex"), Buffer.concat([decipher.update(made), decipher.final()]).toString("hex")];
  })());
  const code = (action) => {
    try {
      return action();
    } catch (error) {
      return error.code;
    }
  };
  is("no padding, and half a block", code(() => {
    const cipher = createCipheriv("aes-128-cbc", key, key).setAutoPadding(false);
    cipher.update("half");
    return cipher.final();
  }));
  is("bad padding", code(() => {
    const decipher = createDecipheriv("aes-128-cbc", key, key);
    decipher.update(Buffer.alloc(16));
    return decipher.final();
  }));
  is("no PEM", [code(() => createPrivateKey("none")), code(() => createPublicKey({ key: Buffer.alloc(9), format: "der", type: "spki" }))].map((one) => typeof one));
  throws("wrong tag", () => {
    const decipher = createDecipheriv("aes-128-gcm", key, key).setAuthTag(Buffer.alloc(16));
    decipher.update("00", "hex");
    decipher.final();
  });
  throws("no tag", () => createDecipheriv("aes-128-gcm", key, key).final());
  throws("short key", () => createCipheriv("aes-256-gcm", key, key));
  throws("short iv", () => createCipheriv("aes-128-cbc", key, Buffer.alloc(3)));
  throws("unknown cipher", () => createCipheriv("rot13", key, key));
  throws("final twice", () => {
    const cipher = createCipheriv("aes-128-ctr", key, key);
    cipher.final();
    cipher.final();
  });
  throws("tag too early", () => createCipheriv("aes-128-gcm", key, key).getAuthTag());
  const piped = await Readable.from([Buffer.from("a stream "), Buffer.from("of bytes")]).pipe(createCipheriv("aes-128-ctr", key, key)).toArray();
  is("cipher stream", Buffer.concat(piped).toString("hex"));

  // Views count their bytes, whatever their elements are, and are copied.
  const words = new Uint16Array([0x1234, 0x5678, 0x9abc, 0xdef0, 1, 2, 3, 4]);
  const view = new DataView(words.buffer, 2, 12);
  const kept = createSecretKey(words.buffer);
  is("secrets of views", [createSecretKey(words), createSecretKey(view), kept].map((one) => one.export().toString("hex")));
  is("signed views", [words, view].map((one) => {
    const made = createSign("sha256").update(one).sign(ec);
    return [verify("sha256", one, ec, made), createVerify("sha256").update(words.map((word) => word ^ 0xff00)).verify(ec, made)];
  }));
  is("a cipher of views", (() => {
    const cipher = createCipheriv("aes-128-gcm", words, words).setAAD(words);
    const made = [cipher.update(words, undefined, "hex") + cipher.final("hex"), cipher.getAuthTag().toString("hex")];
    cipher.getAuthTag().fill(0);
    return [...made, cipher.getAuthTag().toString("hex")];
  })());
  words.fill(0);
  is("a secret of its own", kept.export().toString("hex"));

  const made = sign("sha256", DATA, ec);
  const long = [Buffer.concat([Buffer.from([0x30, 0x81]), made.subarray(1)]), Buffer.concat([Buffer.from([0x30, 0x82, 0]), made.subarray(1)])];
  is("longer lengths", long.map((one) => verify("sha256", DATA, ec, one)));
  const [one, another] = [ec.export({ type: "sec1", format: "pem" }), createPublicKey(rsa).export({ type: "spki", format: "pem" })];
  is("several in a PEM", [createPrivateKey(another + one).equals(ec), createPublicKey(`${another}${one}`).equals(createPublicKey(rsa))]);
  const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  is("parameters before it", createPrivateKey(parameters + one).equals(ec));
  is("states", [
    () => rsa.export({ type: "pkcs8", format: "pem", passphrase: "s" }),
    () => createCipheriv("aes-128-cbc", key, key).setAAD(key),
    () => createDecipheriv("aes-128-cbc", key, key).setAuthTag(key),
    () => createDecipheriv("aes-128-gcm", key, key).setAuthTag(key).setAuthTag(key),
    () => createCipheriv("aes-128-gcm", key, key, { authTagLength: 5 }),
    () => verify("sha256", DATA, { key: rsa, padding, saltLength: 1.5 }, made),
    () => sign("sha256", DATA, ed25519),
    () => generateKeyPairSync("ec", { namedCurve: "constructor" }),
    () => createPrivateKey({ key: Buffer.alloc(5), format: "der" }),
  ].map((action) => {
    try {
      return action();
    } catch (error) {
      return error.constructor.name === "Error" ? "refused" : typeof error.code;
    }
  }).map((said) => (said === "string" ? "refused" : said)));

  const packed = publicEncrypt(createPublicKey(rsa), DATA);
  is("oaep", [packed.length, privateDecrypt(rsa, packed).toString()]);
  const other = publicEncrypt({ key: rsa, oaepHash: "sha256", oaepLabel: Buffer.from("label") }, DATA);
  is("oaep with a label", privateDecrypt({ key: rsa, oaepHash: "sha256", oaepLabel: Buffer.from("label") }, other).toString());
  is("oaep, wrong label", code(() => privateDecrypt({ key: rsa, oaepHash: "sha256" }, other)));
  is("x25519", diffieHellman({ privateKey: keyOf("x25519"), publicKey: createPublicKey(keyOf("other")) }).toString("hex"));
  is("ecdh", (() => {
    const pair = generateKeyPairSync("ec", { namedCurve: "prime256v1" });
    const [one, two] = [diffieHellman({ privateKey: pair.privateKey, publicKey: createPublicKey(ec) }), diffieHellman({ privateKey: ec, publicKey: pair.publicKey })];
    return [one.equals(two), one.length];
  })());
  const pair = generateKeyPairSync("rsa", { modulusLength: 2048, publicKeyEncoding: { type: "spki", format: "pem" }, privateKeyEncoding: { type: "pkcs8", format: "pem" } });
  is("new rsa", [typeof pair.publicKey, verify("sha256", DATA, pair.publicKey, sign("sha256", DATA, pair.privateKey))]);
  const { privateKey, publicKey } = await promisify(generateKeyPair)("ed25519");
  is("new ed25519", verify(null, DATA, publicKey, sign(null, DATA, privateKey)));
  is("new secrets", [generateKeySync("aes", { length: 192 }).symmetricKeySize, generateKeySync("hmac", { length: 64 }).symmetricKeySize]);
  throws("new key of no kind", () => generateKeyPairSync("elgamal"));
  throws("new key of no curve", () => generateKeyPairSync("ec", { namedCurve: "none" }));
  await rejects("a new pair with no length", promisify(generateKeyPair)("rsa", {}));

  const signing = new Sign("sha256");
  await pipeline(Readable.from([DATA.subarray(0, 4), DATA.subarray(4)]), signing);
  const verifying = createVerify("sha256");
  verifying.write(DATA.subarray(0, 7));
  verifying.end(DATA.subarray(7));
  is("streams", [signing instanceof Writable, verifying.verify(rsa, signing.sign(rsa)), Sign("sha256") instanceof Sign]);
  is("written as text", createSign("sha256").end("what is signed").sign(rsa).equals(sign("sha256", DATA, rsa)));

  for (const [curve, own] of [["prime256v1", "ec"], ["secp384r1", "ec384"]]) {
    const { d, x, y } = KEYS[own];
    const mine = createECDH(curve).setPrivateKey(d, "base64url");
    is(`ecdh ${curve}`, [mine.getPrivateKey("hex"), mine.getPublicKey("base64url"), mine.getPublicKey(), mine.getPublicKey("hex", "hybrid")]);
    is(`ecdh ${curve} compressed`, mine.getPublicKey("hex", "compressed"));
    is(`ecdh ${curve} as JWK`, mine.getPublicKey().equals(Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")])));
    is(`ecdh ${curve} with itself`, mine.computeSecret(mine.getPublicKey("hex"), "hex", "hex"));
    is(`ecdh ${curve} hybrid`, mine.computeSecret(mine.getPublicKey(null, "hybrid"), null, "hex"));
    is(`ecdh ${curve} converted`, ECDH.convertKey(mine.getPublicKey("hex"), curve, "hex", "base64", "compressed"));
    const other = createECDH(curve);
    const point = other.generateKeys();
    is(`ecdh ${curve} agrees`, [mine.computeSecret(point).equals(other.computeSecret(mine.getPublicKey())), point.length, point.equals(other.getPublicKey())]);
    const wrong = Buffer.from(point);
    wrong[9] ^= 1;
    for (const [name, bytes] of Object.entries({ off: wrong, short: point.subarray(1), none: Buffer.alloc(0), zero: Buffer.alloc(point.length) })) {
      throws(`ecdh ${curve} ${name}`, () => mine.computeSecret(bytes));
    }
    throws(`ecdh ${curve} of zero`, () => other.setPrivateKey(Buffer.alloc(9)));
    throws(`ecdh ${curve} too large`, () => other.setPrivateKey(Buffer.alloc(48, 255)));
    throws(`ecdh ${curve} empty`, () => createECDH(curve).getPublicKey());
    throws(`ecdh ${curve} no private`, () => createECDH(curve).getPrivateKey());
    throws(`ecdh ${curve} format`, () => mine.getPublicKey("hex", "other"));
  }
  is("ecdh P-521", createECDH("secp521r1").generateKeys().length);
  throws("ecdh of no curve", () => createECDH("none"));
  throws("ecdh of nothing", () => createECDH());
}
