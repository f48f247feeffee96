"""What a forger tries: numbers out of range, points of small order, encodings and keys that say two things.

Nothing of it is taken for a signature, a secret or a key.
"""

import hashlib
from functools import cache

import pytest
from crypto_helpers import on_device
from crypto_oracle import CURVES
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from jwt.algorithms import get_default_algorithms
from jwt_helpers import base64url

DATA = b"what is signed"
RAW = serialization.Encoding.Raw, serialization.PublicFormat.Raw
POINT = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
SPKI = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
# Of SEC 2: the order of the base point, and the prime.
ORDERS = {
    "P-256": 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    "P-384": int("F" * 48 + "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973", 16),
    "P-521": int("01FF" + "F" * 62 + "FA51868783BF2F966B7FCC0148F709A5D03BB5C9B8899C47AEBB6FB71E91386409", 16),
}
PRIMES = {
    "P-256": 2**256 - 2**224 + 2**192 + 2**96 - 1,
    "P-384": 2**384 - 2**128 - 2**96 + 2**32 - 1,
    "P-521": 2**521 - 1,
}
EDWARDS_ORDER = 2**252 + 27742317777372353535851937790883648493
# Points of an order that divides 8, also in encodings beyond the prime (RFC 8032, section 5.1.3).
SMALL = [
    "00" * 32,
    "01" + "00" * 31,
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    *[first + "ff" * 30 + "7f" for first in ("ec", "ed", "ee")],
]
SMALL += [one[:-2] + f"{int(one[-2:], 16) | 0x80:02x}" for one in SMALL]
# The u coordinates of points of small order (RFC 7748, section 7).
SMALL_U = [
    "00" * 32,
    "01" + "00" * 31,
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    *[first + "ff" * 30 + "7f" for first in ("ec", "ed", "ee")],
]
HASH = {"name": "SHA-256"}


def case(params, algorithm, key, signature, form="raw"):
    key = {"format": form, "algorithm": algorithm, "data": key if form == "jwk" else key.hex()}
    return {"kind": "signature", "params": params, "key": key, "data": DATA.hex(), "signature": signature.hex()}


def outcomes(firmware, cases):
    return dict(zip(cases, on_device(firmware, "check", list(cases.values())), strict=True))


def none_is_taken(firmware, good, forged):
    """`good` is taken; of the others none, and each without a failure of another kind."""
    found = outcomes(firmware, {"good": good, **forged})
    assert found.pop("good") == "true"
    assert set(found.values()) <= {"false", "refused"}, {
        name: one for name, one in found.items() if one not in ("false", "refused")
    }
    return found


@pytest.mark.parametrize("curve", CURVES)
def test_numbers_of_a_signature(firmware, curve):
    private, n, p = ec.generate_private_key(CURVES[curve]), ORDERS[curve], PRIMES[curve]
    size = (private.key_size + 7) // 8
    der = private.sign(DATA, ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(der)
    point = private.public_key().public_bytes(*POINT)
    algorithm = {"name": "ECDSA", "namedCurve": curve}

    def of(signature, key=point, form="raw"):
        return case({"name": "ECDSA", "hash": "SHA-256"}, algorithm, key, signature, form)

    def pair(r, s, size=size):
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")

    most = 256**size - 1
    numbers = [(0, 0), (0, s), (r, 0), (n, s), (r, n), (n, n), (1, 1), (n - 1, n - 1), (most, most), (s, r), (p, s)]
    numbers += [(a, b) for a, b in ((r + n, s), (r, s + n), (r + n, s + n), (n - r, s)) if a <= most and b <= most]
    forged = {f"{a:x} {b:x}": of(pair(a, b)) for a, b in numbers}
    forged |= {
        f"bytes {len(one)}": of(one)
        for one in (b"", der, pair(r, s, size + 1), pair(r, s)[1:], pair(r, s) + b"\0", b"\0" + pair(r, s))
    }
    # A second encoding of the same number, where there is room for one; points that are none, and other curves'.
    x, y = point[1 : 1 + size], point[1 + size :]
    beyond = [int.from_bytes(part, "big") + p for part in (x, y)]
    keys = [b"", b"\0", b"\4" + b"\0" * 2 * size, b"\4" + y + x, b"\6" + x + y, b"\2" + x, b"\3" + x, point + b"\0"]
    if max(beyond) <= most:
        beyond_x, beyond_y = (one.to_bytes(size, "big") for one in beyond)
        keys += [b"\4" + beyond_x + y, b"\4" + x + beyond_y]
    forged |= {f"key {key.hex()}": of(pair(r, s), key) for key in keys}
    other = ec.generate_private_key(CURVES["P-384" if curve == "P-256" else "P-256"]).public_key()
    forged["another curve's"] = of(pair(r, s), other.public_bytes(*SPKI), "spki")
    found = none_is_taken(firmware, of(pair(r, s)), forged)
    assert {one for name, one in found.items() if name.startswith("key")} == {"refused"}
    # The other root is right (FIPS 186-5 has no rule against it): who signs is not known by a signature's bytes.
    assert outcomes(firmware, {"": of(pair(r, n - s))}) == {"": "true"}


def test_keys_that_say_two_things(firmware):
    private = ec.generate_private_key(CURVES["P-256"])
    r, s = decode_dss_signature(private.sign(DATA, ec.ECDSA(hashes.SHA256())))
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    to_jwk = get_default_algorithms()["ES256"].to_jwk
    jwk, whole = to_jwk(private.public_key(), True), to_jwk(private, True)
    jwk.pop("key_ops", None)
    other = to_jwk(ec.generate_private_key(CURVES["P-256"]).public_key(), True)

    def of(**members):
        algorithm = {"name": "ECDSA", "namedCurve": "P-256"}
        params = {"name": "ECDSA", "hash": "SHA-256"}
        return case(params, algorithm, {**jwk, **members}, signature, "jwk")

    wrong = [
        {"kty": "oct", "k": jwk["x"]},
        {"kty": "RSA"},
        {"kty": "OKP"},
        {"kty": "ec"},
        {"crv": "P-384"},
        {"crv": "p-256"},
    ]
    wrong += [{"alg": "ES384"}, {"alg": "HS256"}, {"use": "enc"}, {"x": jwk["y"], "y": jwk["x"]}, {"y": other["y"]}]
    wrong += [{"d": whole["d"]}, {"x": jwk["x"] + "A"}, {"x": jwk["x"] + "="}, {"x": "AA" + jwk["x"]}, {"ext": False}]
    found = none_is_taken(firmware, of(k="AQAB", n="AQAB", e="AQAB"), {str(one): of(**one) for one in wrong})
    assert set(found.values()) == {"refused"}


def test_points_of_small_order(firmware):
    private = ed25519.Ed25519PrivateKey.generate()
    key, signature = private.public_key().public_bytes(*RAW), private.sign(DATA)
    zero = bytes(32)

    def of(signature, key=key):
        return case({"name": "Ed25519"}, {"name": "Ed25519"}, key, signature)

    number = int.from_bytes(signature[32:], "little")
    forged = {
        f"{times} orders more": of(signature[:32] + (number + times * EDWARDS_ORDER).to_bytes(32, "little"))
        for times in range(1, 15)
    }
    points = [bytes.fromhex(one) for one in SMALL]
    forged |= {f"R {one.hex()}": of(one + zero) for one in points}
    forged |= {f"R {one.hex()}, S": of(one + signature[32:]) for one in points}
    # To which each signature of the same kind would belong.
    forged |= {f"A {one.hex()}, R {two.hex()}": of(two + zero, one) for one in points for two in points}
    none_is_taken(firmware, of(signature), forged)

    own = x25519.X25519PrivateKey.generate()
    none = serialization.NoEncryption()
    der = own.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, none)
    mine = {"format": "pkcs8", "algorithm": {"name": "X25519"}, "data": der.hex()}
    points = SMALL_U + [one[:-2] + f"{int(one[-2:], 16) | 0x80:02x}" for one in SMALL_U]
    peers = [{"format": "raw", "algorithm": {"name": "X25519"}, "data": one} for one in points]
    agreements = {peer["data"]: {"kind": "agreement", "key": mine, "peer": peer} for peer in peers}
    assert set(outcomes(firmware, agreements).values()) == {"refused"}


@cache
def modulus_of(exponent):
    return rsa.generate_private_key(exponent, 2048)


def padded(between=b"\xff" * 202, info="3031300d060960864801650304020105000420", behind=b"", kind=1):
    """What a signature of RSASSA-PKCS1-v1_5 with 2048 bits is made of (RFC 8017, section 9.2)."""
    return bytes([0, kind]) + between + b"\0" + bytes.fromhex(info) + hashlib.sha256(DATA).digest() + behind


def test_padding_and_exponents_of_rsa(firmware):
    private = modulus_of(65537)
    numbers = private.private_numbers()
    n, d = numbers.public_numbers.n, numbers.d
    spki = private.public_key().public_bytes(*SPKI)

    def of(signature, key=spki, form="spki", name="RSASSA-PKCS1-v1_5"):
        algorithm = {"name": name, "hash": HASH, "modulusLength": 2048}
        return case({"name": name, "saltLength": 32}, algorithm, key, signature, form)

    def signed(message):
        assert len(message) == 256
        return pow(int.from_bytes(message, "big"), d, n).to_bytes(256, "big")

    def jwk(n, e):
        size = (n.bit_length() + 7) // 8, max((e.bit_length() + 7) // 8, 1)
        return {"kty": "RSA", "n": base64url(n.to_bytes(size[0], "big")), "e": base64url(e.to_bytes(size[1], "big"))}

    right = signed(padded())
    messages = {
        "no NULL": padded(b"\xff" * 204, "302f300b06096086480165030402010420"),
        "long length": padded(b"\xff" * 201, "308131300d060960864801650304020105000420"),
        "behind it": padded(b"\xff" * 8, behind=b"\0" * 194),
        "other padding": padded(b"\xff" * 201 + b"\xfe"),
        "zeros": padded(b"\0" * 202),
        "of encryption": padded(kind=2),
        "of none": padded(kind=0),
        "SHA-1's name": padded(b"\xff" * 206, "3021300906052b0e03021a05000414"),
    }
    forged = {name: of(signed(message)) for name, message in messages.items()}
    forged |= {
        f"number {one:.9}": of(value.to_bytes(256, "big")) for one, value in (("0", 0), ("1", 1), ("n - 1", n - 1))
    }
    beyond = int.from_bytes(right, "big") + n
    forged |= {
        "shorter": of(right[1:]),
        "longer": of(b"\0" + right),
        "empty": of(b""),
        "pss": of(right, name="RSA-PSS"),
    }
    if beyond < 256**256:
        forged["beyond n"] = of(beyond.to_bytes(256, "big"))
    # With these the message would be its own signature, or anybody could take the root.
    weak = [(n, 1), (n, 0), (n, 2), (n, n), (n - 1, 65537), (1 << 2047, 65537), (n, 65536), (1, 3), (0, 3)]
    forged |= {f"key {i}": of(padded(), jwk(*one), "jwk") for i, one in enumerate(weak)}
    forged |= {f"key {i}, pss": of(padded(), jwk(*one), "jwk", "RSA-PSS") for i, one in enumerate(weak)}
    none_is_taken(firmware, of(right), forged)


def cube_root(number):
    """The least number whose cube is at least that."""
    low, high = 0, 1 << (number.bit_length() // 3 + 1)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if middle**3 < number else (low, middle)
    return low


def test_roots_of_a_small_exponent(firmware):
    """Bleichenbacher's: a cube that begins as a message does, for who reads only its beginning (CVE-2006-4339)."""
    private = modulus_of(3)
    algorithm = {"name": "RSASSA-PKCS1-v1_5", "hash": HASH, "modulusLength": 2048}
    spki = private.public_key().public_bytes(*SPKI)
    numbers = private.private_numbers()
    right = pow(int.from_bytes(padded(), "big"), numbers.d, numbers.public_numbers.n).to_bytes(256, "big")
    forged = {}
    for ones in (1, 8, 24):
        start = padded(b"\xff" * ones)
        root = cube_root(int.from_bytes(start + b"\0" * (256 - len(start)), "big"))
        assert (root**3).to_bytes(256, "big").startswith(start)
        forged[str(ones)] = case({"name": "RSASSA-PKCS1-v1_5"}, algorithm, spki, root.to_bytes(256, "big"), "spki")
    none_is_taken(firmware, case({"name": "RSASSA-PKCS1-v1_5"}, algorithm, spki, right, "spki"), forged)
