// @noble/hashes: BLAKE, SHA-3, scrypt in JavaScript.
import { blake2b } from "@noble/hashes/blake2.js";
import { scrypt } from "@noble/hashes/scrypt.js";
import { sha3_256 } from "@noble/hashes/sha3.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";

export default {
  async fetch(request) {
    const data = await request.bytes();
    return Response.json({
      sha3: bytesToHex(sha3_256(data)),
      blake2b: bytesToHex(blake2b(data, { dkLen: 16 })),
      scrypt: bytesToHex(scrypt(utf8ToBytes(""), utf8ToBytes(""), { N: 16, r: 1, p: 1, dkLen: 16 })),
    });
  },
};

export const project = { limits: { cpu_ms: 500 } };
export const requests = [
  {
    method: "POST",
    path: "/",
    body: "abc",
    answer: {
      // FIPS 202's example, Python's hashlib, and RFC 7914, section 12.
      sha3: "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532",
      blake2b: "cf4ab791c62b8d2b2109c90275287816",
      scrypt: "77d6576238657b203b19ca42c18a0497",
    },
  },
];
