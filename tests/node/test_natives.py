"""The module edgelet:node is there for the host's files only, and bears what any handler asks of it."""

import pytest
from device_helpers import running

MAIN = """
import * as native from "edgelet:node";
const one = new Uint8Array(1);
const cases = {
  level: () => native.compress("gzip", 99, one),
  format: () => native.decompress("zip", one, 5),
  key: () => native.hash("SHA-256", 5),
  update: () => native.hash("MD5").update(),
  receiver: () => native.hash("SHA-1").update.call({}, one),
  md5: () => native.pbkdf2("MD5", one, one, 1, 1),
  hkdf: () => native.hkdf("SHA-1", one, one, one, 255 * 20 + 1),
  tick: () => native.nextTick(5),
  most: () => native.decompress("gzip", native.compress("gzip", 9, one), -5),
  large: () => native.pbkdf2("SHA-256", one, one, 1, 2 ** 31 - 1),
  wrapped: () => native.pbkdf2("SHA-256", one, one, 1, 2 ** 32 - 1),
  negative: () => native.pbkdf2("SHA-256", one, one, 1, -1),
  long: () => native.pbkdf2("SHA-512", one, one, 4e9, 4),
  scrypt: () => native.scrypt(one, one, 16, 8, 1, 64),
  scryptNothing: () => native.scrypt(one, one, 2, 1, 1, 0),
  scryptPower: () => native.scrypt(one, one, 3, 1, 1, 8),
  scryptOne: () => native.scrypt(one, one, 1, 1, 1, 8),
  scryptNone: () => native.scrypt(one, one, 2, 0, 1, 8),
  scryptBlocks: () => native.scrypt(one, one, 2, 1, 0, 8),
  scryptMany: () => native.scrypt(one, one, 2, 2 ** 15, 2 ** 15, 8),
  scryptMost: () => native.scrypt(one, one, 2 ** 31, 2 ** 29, 1, 8),
  scryptLarge: () => native.scrypt(one, one, 2 ** 20, 8, 1, 8),
  scryptWrapped: () => native.scrypt(one, one, 2, 1, 1, 2 ** 32 - 1),
  scryptLong: () => native.scrypt(one, one, 2 ** 10, 8, 2 ** 10, 8),
  method: () => native.subtle("none"),
  nothing: () => native.subtle(),
  few: () => native.subtle("unwrapKey", one),
  none: () => native.subtle("sign", "HMAC", 5, one),
  ticks: () => { const again = () => native.nextTick(again); again(); return 1 },
};
export default { async fetch(request) {
  try {
    return Response.json(typeof await cases[new URL(request.url).pathname.slice(1)]());
  } catch (error) {
    return Response.json(`${error}`);
  }
} };
"""
ASKED = {
    "level": (200, "RangeError: the level of compression must be -1 to 9"),
    "format": (200, "TypeError: there is no compression"),
    "key": (200, "TypeError: the data must be a buffer or a view of one"),
    "update": (200, "TypeError: the data must be a buffer or a view of one"),
    "receiver": (200, "TypeError: this is not a Hash"),
    "md5": (200, "TypeError: there is no such hash for derivations"),
    "hkdf": (200, "RangeError: HKDF gives at most 255 digests"),
    "tick": (200, "TypeError: nextTick takes a function"),
    "most": (200, "RangeError: the data is longer than maxOutputLength"),
    "method": (200, "TypeError: crypto.subtle has no such method"),
    "nothing": (200, "TypeError: crypto.subtle has no such method"),
    "few": (200, "TypeError: "),
    "none": (200, "TypeError: the key must be a CryptoKey"),
    "large": (503, "out of resources"),
    "wrapped": (200, "RangeError: a key has at most 2147483647 bytes"),
    "negative": (200, "RangeError: a key has at most 2147483647 bytes"),
    "scrypt": (200, "object"),
    "scryptNothing": (200, "object"),
    "scryptPower": (200, "undefined"),
    "scryptOne": (200, "undefined"),
    "scryptNone": (200, "undefined"),
    "scryptBlocks": (200, "undefined"),
    "scryptMany": (200, "undefined"),
    "scryptMost": (503, "out of resources"),
    "scryptLarge": (503, "out of resources"),
    "scryptWrapped": (200, "RangeError: a key has at most 2147483647 bytes"),
    "scryptLong": (504, "took too long"),
    "long": (504, "took too long"),
    "ticks": (504, "took too long"),
}


@pytest.mark.xdist_group("node")
def test_natives_bear_what_they_are_given(firmware, tmp_path):
    ask_all(firmware, tmp_path)


def test_natives_under_sanitizers(firmware_asan, tmp_path):
    ask_all(firmware_asan, tmp_path)


def ask_all(firmware, folder):
    with running(firmware, folder) as box:
        box.deploy("natives", MAIN)
        for name, (status, said) in ASKED.items():
            answer = box.get(f"/{name}")
            assert (answer.status, said in answer.text) == (status, True), (name, answer)
