import crypto from "node:crypto";
import { promisify } from "node:util";

// Apart from crypto.mjs and crypto_keys.mjs: OpenSSL keeps the last error, which Node.js takes for one of a key.
export default async function ({ is, throws }) {
  // RFC 7914, section 12.
  is("scrypt of nothing", crypto.scryptSync("", "", 64, { N: 16, r: 1, p: 1 }).toString("hex"));
  is("scrypt", crypto.scryptSync("password", "NaCl", 64, { cost: 1024, blockSize: 8, parallelization: 16 }).toString("hex"));
  is("scrypt later", await promisify(crypto.scrypt)(new Uint8Array([1]), new TextEncoder().encode("salt"), 5, { N: 16 }));
  is("scrypt without a key", crypto.scryptSync("a", "b", 0, { N: 2, r: 1 }));
  is("scrypt of zeros", crypto.scryptSync("a", "b", 4, { N: 4, r: 0, p: 0, maxmem: 0 }));
  for (const r of [1, 3, 7]) is(`scrypt r ${r}`, crypto.scryptSync("a", "b", 33, { N: 8, r, p: 2 }).toString("hex"));
  const bad = [{ N: 3 }, { N: 1 }, { N: 65536, r: 1 }, { N: 2, cost: 2 }, { r: 1, blockSize: 1 }, { p: 1, parallelization: 1 },
    { N: "x" }, { N: -1 }, { cost: 1.5 }, { N: 2 ** 32 }, { maxmem: -1 }, { maxmem: "x" }, { p: -1 }, { r: null }];
  for (const options of bad) throws(`scrypt ${JSON.stringify(options)}`, () => crypto.scryptSync("a", "b", 8, options));
  for (const maxmem of [20479, 19456 + 1024]) {
    throws(`scrypt in ${maxmem}`, () => crypto.scryptSync("a", "b", 8, { N: 16, r: 8, p: 2, maxmem }).length);
  }
  throws("scrypt too large", () => crypto.scryptSync("a", "b", 8, { N: 2 ** 20 }));
  throws("scrypt negative", () => crypto.scryptSync("a", "b", -1));
  throws("scrypt text", () => crypto.scryptSync("a", "b", "8"));
  throws("scrypt password", () => crypto.scryptSync(1, "b", 8));
  throws("scrypt salt", () => crypto.scryptSync("a", null, 8));
  throws("scrypt without callback", () => crypto.scrypt("a", "b", 8));
  throws("scrypt without callback after options", () => crypto.scrypt("a", "b", 8, {}));
}
