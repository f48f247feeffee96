"""What Python's cryptography makes a device takes, and the other way round; what one refuses, the other refuses."""

import json
import random
from functools import cache

import pytest
from crypto_helpers import on_device, stricter
from crypto_oracle import CURVES, HASHES, check, encrypt, oaep, sign
from cryptography.hazmat.primitives import keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jwt.algorithms import get_default_algorithms

# A failure names its case, and to make a smaller one of many takes minutes.
SETTINGS = settings(max_examples=3, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
RAW = serialization.Encoding.Raw
DER = serialization.Encoding.DER


@cache
def pools():
    """(algorithm, private key) of each kind, made once."""
    modulus = rsa.generate_private_key(65537, 2048)
    signing = []
    for hash_ in HASHES:
        for name in ("RSASSA-PKCS1-v1_5", "RSA-PSS"):
            signing.append(({"name": name, "hash": {"name": hash_}, "modulusLength": 2048}, modulus))
    agreeing = [({"name": "X25519"}, x25519.X25519PrivateKey.generate(), x25519.X25519PrivateKey.generate())]
    for name, curve in CURVES.items():
        signing.append(({"name": "ECDSA", "namedCurve": name}, ec.generate_private_key(curve)))
        pair = ec.generate_private_key(curve), ec.generate_private_key(curve)
        agreeing.append(({"name": "ECDH", "namedCurve": name}, *pair))
    signing.append(({"name": "Ed25519"}, ed25519.Ed25519PrivateKey.generate()))
    return signing, agreeing, modulus


def exported(key, algorithm, form):
    """A key as a case has it."""
    if form == "jwk":
        name = {"EC": "ES256", "RS": "RS256"}.get(algorithm["name"][:2], "EdDSA")
        data = get_default_algorithms()[name].to_jwk(key, as_dict=True)
    elif form == "raw":
        point = serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint
        data = key.public_bytes(*(point if "namedCurve" in algorithm else (RAW, serialization.PublicFormat.Raw))).hex()
    elif form == "spki":
        data = key.public_bytes(DER, serialization.PublicFormat.SubjectPublicKeyInfo).hex()
    else:
        none = serialization.NoEncryption()
        data = key.private_bytes(DER, serialization.PrivateFormat.PKCS8, none).hex()
    return {"format": form, "algorithm": algorithm, "data": data}


class Maker:
    """Makes random cases."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.one_of = self.random.choice

    def bytes(self, least, most):
        return self.random.randbytes(self.random.randint(least, most))

    def case(self):
        kind = self.one_of(["signature", "signing", "agreement", "cipher", "oaep", "wrapping", "derivation"])
        return {"kind": kind, **getattr(self, kind)()}

    def damage(self, data):
        """Bytes in hexadecimal digits, some of them changed, cut off, or with more behind them."""
        data = bytearray(data)
        at = self.random.randint(0, len(data) - 1)
        what = self.random.randint(0, 11)
        if what == 0:
            data[at] ^= 1 << self.random.randint(0, 7)
        elif what == 1:
            del data[at:]
        elif what == 2:
            data.append(at & 255)
        elif what == 3:
            data[:] = bytes([self.one_of([0, 255])]) * len(data)
        return data.hex()

    def key(self, key, algorithm, forms):
        # PyJWT makes no JSON Web Keys of X25519.
        without = {"X25519": "jwk"}.get(algorithm["name"], "")
        if "modulusLength" in algorithm:
            without = "raw"
        forms = [form for form in forms if form != without]
        made = exported(key, algorithm, self.one_of(forms))
        if made["format"] != "jwk" and self.random.randint(0, 5) == 0:
            changed = self.damage(bytes.fromhex(made["data"]))
            made["damaged"] = changed != made["data"]
            made["data"] = changed
        return made

    def params(self, algorithm):
        params = {"name": algorithm["name"]}
        if params["name"] == "RSA-PSS":
            params["saltLength"] = self.random.randint(0, 64)
        if params["name"] == "ECDSA":
            params["hash"] = self.one_of(list(HASHES))
        return params

    def signature(self):
        algorithm, private = self.one_of(pools()[0])
        params, data = self.params(algorithm), self.bytes(0, 100)
        key = self.key(private.public_key(), algorithm, ["spki", "raw", "jwk"])
        made = sign(params, {"algorithm": algorithm}, private, data)
        return {"params": params, "key": key, "data": data.hex(), "signature": self.damage(made)}

    def signing(self):
        algorithm, private = self.one_of(pools()[0])
        public = exported(private.public_key(), algorithm, "spki")
        key = self.key(private, algorithm, ["pkcs8", "jwk"])
        return {"params": self.params(algorithm), "key": key, "data": self.bytes(0, 100).hex(), "public": public}

    def agreement(self):
        algorithm, one, other = self.one_of(pools()[1])
        peer = self.key(other.public_key(), algorithm, ["spki", "raw", "jwk"])
        return {"key": self.key(one, algorithm, ["pkcs8", "jwk"]), "peer": peer}

    def secret(self, name):
        data = self.bytes(32, 32)[: self.one_of([16, 24, 32])]
        return data, {"format": "raw", "algorithm": {"name": name}, "data": data.hex()}

    def cipher(self):
        name = self.one_of(["AES-CBC", "AES-CTR", "AES-GCM"])
        secret, key = self.secret(name)
        params = {"name": name, "iv": self.bytes(16, 16).hex()}
        if name == "AES-CTR":
            counter = self.one_of([b"\xff" * 16, self.bytes(16, 16)]).hex()
            params = {"name": name, "counter": counter, "length": self.one_of([8, 31, 32, 33, 64, 128])}
        elif name == "AES-GCM":
            params["iv"] = self.bytes(12, 50).hex()
            params |= {"additionalData": self.bytes(0, 40).hex(), "tagLength": self.one_of([96, 104, 112, 120, 128])}
        text = encrypt(params, secret, self.bytes(1, 100))
        return {"params": params, "key": key, "text": self.damage(text)}

    def oaep(self):
        private = pools()[2]
        params = {"name": "RSA-OAEP", "label": self.bytes(0, 20).hex()}
        text = private.public_key().encrypt(self.bytes(0, 100), oaep(params))
        algorithm = {"name": "RSA-OAEP", "hash": {"name": "SHA-256"}, "modulusLength": 2048}
        return {"params": params, "key": self.key(private, algorithm, ["pkcs8"]), "text": self.damage(text)}

    def wrapping(self):
        secret, key = self.secret("AES-KW")
        return {"key": key, "text": self.damage(keywrap.aes_key_wrap(secret, self.bytes(32, 32)[:16]))}

    def derivation(self):
        params = {"name": "PBKDF2", "hash": self.one_of(list(HASHES)), "salt": self.bytes(0, 80).hex()}
        params["iterations"] = self.random.randint(1, 9)
        if self.random.randint(0, 1):
            params |= {"name": "HKDF", "info": self.bytes(0, 80).hex()}
        return {"params": params, "secret": self.bytes(1, 150).hex(), "size": self.random.randint(1, 150)}


def compare(firmware, given):
    """How cases end on the device, which is as in Python."""
    ours = on_device(firmware, "check", given)
    theirs = [check(case) for case in given]
    found = [one for one in zip(given, ours, theirs, strict=True) if one[1] != one[2] and not stricter(*one)]
    assert not found, json.dumps(found[0])
    return ours


def of_python(seed, count):
    maker = Maker(seed)
    return [maker.case() for _ in range(count)]


@pytest.mark.slow
@SETTINGS
@given(seed=st.integers(0, 1 << 32))
def test_a_device_takes_what_python_makes(firmware, seed):
    compare(firmware, of_python(seed, 100))


def of_device(firmware, count):
    """Cases that the device makes. What is damaged of JSON Web Keys is for test_exchange.py: Python has no reader."""
    made = on_device(firmware, "make", count)
    keys = [[case[name] for name in ("key", "peer") if name in case] for case in made]
    is_damaged = [any(key.get("damaged") and key["format"] == "jwk" for key in one) for one in keys]
    return [case for case, damaged in zip(made, is_damaged, strict=True) if not damaged]


@pytest.mark.slow
def test_python_takes_what_a_device_makes(firmware):
    assert {"true", "false", "refused"} <= {
        one.partition(" ")[0] for one in compare(firmware, of_device(firmware, 200))
    }


@pytest.mark.slow
def test_a_thousand_cases_of_a_device(firmware):
    compare(firmware, of_device(firmware, 1000))


@pytest.mark.slow
@given(seed=st.integers(0, 1 << 32))
@settings(SETTINGS, max_examples=2)
def test_a_thousand_cases_of_python(firmware, seed):
    compare(firmware, of_python(seed, 500))
