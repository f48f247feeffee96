"""jsonwebtoken against PyJWT, both ways, with keys of Python's cryptography in every form, and damaged tokens."""

import json
import random
from functools import cache

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from jwt.algorithms import get_default_algorithms
from jwt_helpers import SECRET, call_jwt

# A failure names its case, and to make a smaller one of many takes minutes.
SETTINGS = settings(max_examples=2, suppress_health_check=list(HealthCheck), phases=[Phase.explicit, Phase.generate])
PEM = serialization.Encoding.PEM
ALGORITHMS = ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]
ALGORITHMS += ["ES256", "ES384", "ES512", "EdDSA"]


@cache
def keys():
    modulus, edwards = rsa.generate_private_key(65537, 2048), ed25519.Ed25519PrivateKey.generate()
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    curves = {name: ec.generate_private_key(curve) for name, curve in curves.items()}
    return {name: curves.get(name, edwards if name == "EdDSA" else modulus) for name in ALGORITHMS}


@cache
def forms(algorithm):
    """The texts that stand for the private key, and for the public one; JSON Web Keys are objects."""
    if algorithm.startswith("HS"):
        return [SECRET], [SECRET]
    private = keys()[algorithm]
    public, none = private.public_key(), serialization.NoEncryption()
    of_jwk = get_default_algorithms()[algorithm].to_jwk
    signing = [private.private_bytes(PEM, serialization.PrivateFormat.PKCS8, none).decode(), of_jwk(private, True)]
    checking = [
        public.public_bytes(PEM, serialization.PublicFormat.SubjectPublicKeyInfo).decode(),
        of_jwk(public, True),
    ]
    if algorithm != "EdDSA":
        signing.append(private.private_bytes(PEM, serialization.PrivateFormat.TraditionalOpenSSL, none).decode())
    if algorithm[:2] in ("RS", "PS"):
        checking.append(public.public_bytes(PEM, serialization.PublicFormat.PKCS1).decode())
    return signing, checking


def peer(algorithm):
    return SECRET if algorithm.startswith("HS") else keys()[algorithm].public_key()


def claims_of(chance):
    values = ["", "ada", "漢", 0, 1.5, True, None, ["a"], {"b": "c"}]
    return {f"claim{i}": chance.choice(values) for i in range(chance.randint(0, 4))}


def damaged(chance, token):
    """The token with a character changed, left out or doubled, or with another part in place of one."""
    at = chance.randrange(len(token))
    ways = [
        token[:at] + chance.choice("AZaz09-_.=+/ ") + token[at + 1 :],
        token[:at] + token[at + 1 :],
        token[:at] + token[at] + token[at:],
        token[:at],
        token + "=",
    ]
    return chance.choice(ways)


def read(token, algorithm, key):
    """What PyJWT says: the claims, or None."""
    try:
        return jwt.decode(token, key, algorithms=[algorithm], options={"verify_signature": True})
    except jwt.InvalidTokenError:
        return None


def exchange(firmware, seed, count):
    chance = random.Random(seed)
    signing, checking, told = [], [], []
    for _ in range(count):
        algorithm, claims = chance.choice(ALGORITHMS), claims_of(chance)
        private, public = (chance.choice(one) for one in forms(algorithm))
        signing.append(("sign", [claims, private, {"algorithm": algorithm, "noTimestamp": True}]))
        token = jwt.encode(claims, SECRET if algorithm.startswith("HS") else keys()[algorithm], algorithm)
        changed = damaged(chance, token) if chance.randrange(2) else token
        other = chance.choice([algorithm, algorithm, chance.choice(ALGORITHMS)])
        checking.append(("verify", [changed, public, {"algorithms": [other]}]))
        told.append((algorithm, claims, other, changed, changed == token and other == algorithm))
    made, found = call_jwt(firmware, signing), call_jwt(firmware, checking)
    for (algorithm, claims, *_), one in zip(told, made, strict=True):
        assert read(one.get("value"), algorithm, peer(algorithm)) == claims, (algorithm, one)
    for (algorithm, claims, other, token, is_whole), ours in zip(told, found, strict=True):
        case = json.dumps([algorithm, other, token, ours])
        if is_whole:
            assert ours.get("value") == claims, case
        # Stricter than PyJWT it may be, never more lenient.
        elif "value" in ours:
            assert read(token, other, peer(other)) == ours["value"] == claims, case
        else:
            assert ours["kin"] or ours["error"] == "Error", case


@SETTINGS
@given(seed=st.integers(0, 1 << 32))
def test_pyjwt_and_device_take_each_others_tokens(firmware, seed):
    exchange(firmware, seed, 120)


@pytest.mark.slow
@settings(SETTINGS, max_examples=4)
@given(seed=st.integers(0, 1 << 32))
def test_a_thousand_tokens(firmware, seed):
    exchange(firmware, seed, 250)
