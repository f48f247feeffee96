// Signs with Ed25519, encrypts with a secret.
import nacl from "tweetnacl";

const hex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const bytes = (text) => Uint8Array.from(text.match(/../g), (byte) => parseInt(byte, 16));
export default {
  async fetch(request) {
    const { seed, message } = await request.json();
    const pair = nacl.sign.keyPair.fromSeed(bytes(seed));
    const signature = nacl.sign.detached(bytes(message), pair.secretKey);
    const nonce = nacl.randomBytes(24);
    const box = nacl.secretbox(bytes(message), nonce, bytes(seed));
    return Response.json({
      key: hex(pair.publicKey),
      signature: hex(signature),
      right: nacl.sign.detached.verify(bytes(message), signature, pair.publicKey),
      wrong: nacl.sign.detached.verify(bytes("00"), signature, pair.publicKey),
      opened: hex(nacl.secretbox.open(box, nonce, bytes(seed))),
    });
  },
};

export const project = { limits: { cpu_ms: 2000 } };
export const requests = [
  {
    // RFC 8032, section 7.1, test 2.
    method: "POST",
    path: "/",
    body: '{"seed":"4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb","message":"72"}',
    answer: {
      key: "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
      signature:
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da" +
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
      right: true,
      wrong: false,
      opened: "72",
    },
  },
];
