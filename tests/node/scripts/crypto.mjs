import crypto, { createHash, createHmac, hkdfSync, pbkdf2Sync, randomBytes, timingSafeEqual, webcrypto } from "node:crypto";
import { promisify } from "node:util";
import { Readable } from "node:stream";

export default async function ({ is, throws, rejects }) {
  for (const name of ["md5", "sha1", "sha256", "SHA-384", "sha512", "SHA256", "RSA-SHA256"]) {
    is(`hash ${name}`, createHash(name).update("abc").digest("hex"));
    is(`hash ${name} of nothing`, createHash(name).digest("base64"));
    is(`hash ${name} in parts`, createHash(name).update("a").update(Buffer.from("b")).update(new Uint8Array([99])).digest("base64url"));
    is(`hmac ${name}`, createHmac(name, "key").update("data").digest("hex"));
    is(`hmac ${name} with a long key`, createHmac(name, Buffer.alloc(200, 7)).update("data").digest("latin1"));
  }
  is("digest buffer", createHash("sha256").update("é", "latin1").digest());
  is("encodings", [createHash("sha1").update("6162", "hex").digest("hex"), createHash("sha1").update("YWI=", "base64").digest("hex")]);
  is("copy", (() => {
    const h = createHash("sha256").update("a");
    const c = h.copy();
    return [h.update("b").digest("hex"), c.update("c").digest("hex")];
  })());
  throws("digest twice", () => {
    const h = createHash("sha256");
    h.digest();
    h.digest();
  });
  throws("update after digest", () => {
    const h = createHash("sha256");
    h.digest();
    h.update("a");
  });
  throws("update a number", () => createHash("sha256").update(5));
  throws("hash of a number", () => createHash(5));
  is("unknown hash", (() => {
    try {
      createHash("nope");
    } catch (error) {
      return error.message;
    }
  })());
  throws("hmac unknown", () => createHmac("nope", "k"));
  throws("hmac without key", () => createHmac("sha256"));
  is("hmac twice", (() => {
    const h = createHmac("sha256", "k");
    h.digest();
    return h.digest("hex");
  })());
  is("hash stream", await new Promise((resolve) => {
    const h = createHash("sha256");
    h.on("readable", () => {
      const data = h.read();
      if (data) resolve(data.toString("hex"));
    });
    h.write("a");
    h.write("b");
    h.end();
  }));
  is("piped", (await Readable.from(["x", "y"]).pipe(createHash("sha1")).setEncoding("hex").toArray()).join(""));
  is("instanceof", [createHash("sha1") instanceof crypto.Hash, createHmac("sha1", "k") instanceof crypto.Hmac]);
  is("pbkdf2Sync", [pbkdf2Sync("password", "salt", 2, 20, "sha1").toString("hex"), pbkdf2Sync(Buffer.from("p"), new Uint8Array([1]), 10, 70, "sha512").toString("hex"), pbkdf2Sync("", "", 1, 5, "sha256").toString("hex")]);
  is("pbkdf2", (await promisify(crypto.pbkdf2)("password", "salt", 3, 16, "sha256")).toString("hex"));
  is("pbkdf2 in slices", (await promisify(crypto.pbkdf2)("password", "salt", 20000, 70, "sha512")).toString("hex"));
  throws("pbkdf2 bad digest", () => pbkdf2Sync("a", "b", 1, 1, "nope"));
  throws("pbkdf2 md5", () => pbkdf2Sync("a", "b", 1, 1, "md5"));
  throws("pbkdf2 no iterations", () => pbkdf2Sync("a", "b", 0, 1, "sha1"));
  throws("pbkdf2 no password", () => pbkdf2Sync(undefined, "b", 1, 1, "sha1"));
  is("hkdfSync", [Buffer.from(hkdfSync("sha256", "key", "salt", "info", 42)).toString("hex"), Buffer.from(hkdfSync("sha512", Buffer.from("k"), "", "", 10)).toString("hex")]);
  is("hkdf", Buffer.from(await promisify(crypto.hkdf)("sha1", "key", "salt", "info", 20)).toString("hex"));
  throws("hkdf too long", () => hkdfSync("sha256", "key", "salt", "info", 256 * 32));
  is("timingSafeEqual", [timingSafeEqual(Buffer.from("ab"), Buffer.from("ab")), timingSafeEqual(Buffer.from("ab"), Buffer.from("ac"))]);
  throws("timingSafeEqual lengths", () => timingSafeEqual(Buffer.from("a"), Buffer.from("ab")));
  throws("timingSafeEqual texts", () => timingSafeEqual("a", "a"));
  is("randomBytes", [randomBytes(5).length, randomBytes(0).length, Buffer.isBuffer(randomBytes(1)), randomBytes(70000).length, randomBytes(16).equals(randomBytes(16))]);
  is("randomBytes later", (await promisify(crypto.randomBytes)(3)).length);
  throws("randomBytes of text", () => randomBytes("5"));
  throws("randomBytes negative", () => randomBytes(-1));
  is("randomUUID", /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()));
  const numbers = Array.from({ length: 200 }, () => crypto.randomInt(3));
  is("randomInt", [new Set(numbers).size, Math.max(...numbers), crypto.randomInt(5, 6)]);
  is("randomInt later", await promisify(crypto.randomInt)(7, 8));
  throws("randomInt empty", () => crypto.randomInt(5, 5));
  throws("randomInt half", () => crypto.randomInt(0.5));
  is("randomFillSync", (() => {
    const b = Buffer.alloc(8);
    crypto.randomFillSync(b, 4);
    return [...b.subarray(0, 4), b.length];
  })());
  throws("randomFillSync beyond", () => crypto.randomFillSync(Buffer.alloc(2), 3));
  is("webcrypto", [webcrypto === globalThis.crypto, webcrypto.subtle === crypto.subtle, typeof crypto.getRandomValues]);
  is("getHashes", ["sha1", "sha256", "sha512"].every((name) => crypto.getHashes().includes(name)));
  await rejects("subtle", crypto.subtle.digest("SHA-256", Buffer.from("abc")));
}
