"""What Python's cryptography, and so OpenSSL, makes of the cases of tests/crypto/crypto_exchange.js."""

import base64
from typing import Any

from cryptography.exceptions import InvalidSignature, InvalidTag, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, hmac, keywrap, padding, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.asymmetric import padding as rsa_padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

Case = dict[str, Any]

HASHES: dict[str, hashes.HashAlgorithm] = {
    "SHA-1": hashes.SHA1(),
    "SHA-256": hashes.SHA256(),
    "SHA-384": hashes.SHA384(),
    "SHA-512": hashes.SHA512(),
}
CURVES: dict[str, ec.EllipticCurve] = {"P-256": ec.SECP256R1(), "P-384": ec.SECP384R1(), "P-521": ec.SECP521R1()}
_KINDS: dict[str, Any] = {
    "EC": (ec.EllipticCurvePublicKey, ec.EllipticCurvePrivateKey),
    "RSA": (rsa.RSAPublicKey, rsa.RSAPrivateKey),
    "Ed25519": (ed25519.Ed25519PublicKey, ed25519.Ed25519PrivateKey),
    "X25519": (x25519.X25519PublicKey, x25519.X25519PrivateKey),
}


def _base64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _number(text: str) -> int:
    return int.from_bytes(_base64url(text), "big")


def _of_jwk(jwk: dict[str, str]) -> Any:
    if jwk["kty"] == "oct":
        return _base64url(jwk["k"])
    if jwk["kty"] == "OKP":
        of: Any = ed25519 if jwk["crv"] == "Ed25519" else x25519
        if "d" in jwk:
            return getattr(of, f"{jwk['crv']}PrivateKey").from_private_bytes(_base64url(jwk["d"]))
        return getattr(of, f"{jwk['crv']}PublicKey").from_public_bytes(_base64url(jwk["x"]))
    numbers = {name: _number(value) for name, value in jwk.items() if name in ("n", "e", "d", "p", "q", "x", "y")}
    if jwk["kty"] == "EC":
        point = ec.EllipticCurvePublicNumbers(numbers["x"], numbers["y"], CURVES[jwk["crv"]])
        return ec.EllipticCurvePrivateNumbers(numbers["d"], point).private_key() if "d" in jwk else point.public_key()
    public = rsa.RSAPublicNumbers(numbers["e"], numbers["n"])
    if "d" not in jwk:
        return public.public_key()
    more = [_number(jwk[name]) for name in ("dp", "dq", "qi")]
    return rsa.RSAPrivateNumbers(numbers["p"], numbers["q"], numbers["d"], *more, public).private_key()


def _of_raw(data: bytes, algorithm: dict[str, Any]) -> Any:
    if "namedCurve" in algorithm:
        return ec.EllipticCurvePublicKey.from_encoded_point(CURVES[algorithm["namedCurve"]], data)
    if algorithm["name"] == "Ed25519":
        return ed25519.Ed25519PublicKey.from_public_bytes(data)
    if algorithm["name"] == "X25519":
        return x25519.X25519PublicKey.from_public_bytes(data)
    return data


def _imported(key: dict[str, Any]) -> Any:
    """Make a key of what a case has of it. ValueError where it is none of its algorithm."""
    if key["format"] == "jwk":
        return _of_jwk(key["data"])
    data, algorithm = bytes.fromhex(key["data"]), key["algorithm"]
    if key["format"] == "raw":
        return _of_raw(data, algorithm)
    found: Any
    if key["format"] == "spki":
        found = serialization.load_der_public_key(data)
    else:
        found = serialization.load_der_private_key(data, None)
    curve = algorithm.get("namedCurve")
    kind = "RSA" if "modulusLength" in algorithm else algorithm["name"]
    if not isinstance(found, _KINDS["EC" if curve else kind]):
        raise ValueError
    if curve and found.curve.name != CURVES[curve].name:
        raise ValueError
    return found


def _details(params: dict[str, Any], key: dict[str, Any]) -> tuple[Any, ...]:
    """What a key's sign and verify take beside the data."""
    hash_ = HASHES.get(params.get("hash") or key["algorithm"].get("hash", {}).get("name", ""))
    if params["name"] == "RSASSA-PKCS1-v1_5":
        return rsa_padding.PKCS1v15(), hash_
    if params["name"] == "RSA-PSS":
        assert hash_
        return rsa_padding.PSS(rsa_padding.MGF1(hash_), params["saltLength"]), hash_
    if params["name"] == "ECDSA":
        assert hash_
        return (ec.ECDSA(hash_),)
    return ()


def sign(params: dict[str, Any], key: dict[str, Any], private: Any, data: bytes) -> bytes:
    """Sign as Web Cryptography has it."""
    if params["name"] == "HMAC":
        return _mac(key, private, data).finalize()
    signature: bytes = private.sign(data, *_details(params, key))
    if params["name"] == "ECDSA":
        size = (private.curve.key_size + 7) // 8
        signature = b"".join(part.to_bytes(size, "big") for part in decode_dss_signature(signature))
    return signature


def _mac(key: dict[str, Any], secret: bytes, data: bytes) -> hmac.HMAC:
    mac = hmac.HMAC(secret, HASHES[key["algorithm"]["hash"]["name"]])
    mac.update(data)
    return mac


def _verify(params: dict[str, Any], key: dict[str, Any], public: Any, signature: bytes, data: bytes) -> bool:
    try:
        if params["name"] == "HMAC":
            _mac(key, public, data).verify(signature)
            return True
        if params["name"] == "ECDSA":
            size = (public.curve.key_size + 7) // 8
            if len(signature) != 2 * size:
                return False
            parts = signature[:size], signature[size:]
            signature = encode_dss_signature(*(int.from_bytes(part, "big") for part in parts))
        public.verify(signature, data, *_details(params, key))
    except InvalidSignature:
        return False
    return True


def _check_signature(case: Case) -> str:
    data, signature = bytes.fromhex(case["data"]), bytes.fromhex(case["signature"])
    return str(_verify(case["params"], case["key"], _imported(case["key"]), signature, data)).lower()


def _check_signing(case: Case) -> str:
    params, key, data = case["params"], case["key"], bytes.fromhex(case["data"])
    signature = sign(params, key, _imported(key), data)
    right = str(_verify(params, case["public"], _imported(case["public"]), signature, data)).lower()
    return right if params["name"] in ("ECDSA", "RSA-PSS") else f"{right} {signature.hex()}"


def _check_agreement(case: Case) -> str:
    private, public = _imported(case["key"]), _imported(case["peer"])
    secret = private.exchange(*((ec.ECDH(), public) if "namedCurve" in case["key"]["algorithm"] else (public,)))
    return str(secret[:32].hex())


def count(key: bytes, params: dict[str, Any], text: bytes) -> bytes:
    """Encrypt or decrypt with AES-CTR, whose counter has `length` bits. ValueError where they are too few."""
    start, bits = int(params["counter"], 16), params["length"]
    blocks = -(-len(text) // 16)
    if blocks > 1 << bits:
        raise ValueError
    fixed = start >> bits << bits
    counters = [fixed | (start + i) & ((1 << bits) - 1) for i in range(blocks)]
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    stream = encryptor.update(b"".join(counter.to_bytes(16, "big") for counter in counters))
    return bytes(a ^ b for a, b in zip(text, stream, strict=False))


def encrypt(params: dict[str, Any], key: bytes, text: bytes) -> bytes:
    """Encrypt by AES as Web Cryptography has it."""
    if params["name"] == "AES-CTR":
        return count(key, params, text)
    iv = bytes.fromhex(params["iv"])
    if params["name"] == "AES-CBC":
        padder = padding.PKCS7(128).padder()
        encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
        return encryptor.update(padder.update(text) + padder.finalize()) + encryptor.finalize()
    sealing = Cipher(algorithms.AES(key), modes.GCM(iv)).encryptor()
    sealing.authenticate_additional_data(bytes.fromhex(params["additionalData"]))
    return sealing.update(text) + sealing.finalize() + sealing.tag[: params["tagLength"] // 8]


def _check_cipher(case: Case) -> str:
    params, key, text = case["params"], _imported(case["key"]), bytes.fromhex(case["text"])
    if params["name"] == "AES-CTR":
        return count(key, params, text).hex()
    iv = bytes.fromhex(params["iv"])
    if params["name"] == "AES-CBC":
        decryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        return (unpadder.update(decryptor.update(text) + decryptor.finalize()) + unpadder.finalize()).hex()
    size = params["tagLength"] // 8
    if len(text) < size:
        raise ValueError
    opening = Cipher(algorithms.AES(key), modes.GCM(iv, text[-size:], min_tag_length=size)).decryptor()
    opening.authenticate_additional_data(bytes.fromhex(params["additionalData"]))
    return (opening.update(text[:-size]) + opening.finalize()).hex()


def oaep(params: dict[str, Any]) -> rsa_padding.OAEP:
    """Give the padding of RSA-OAEP with SHA-256."""
    return rsa_padding.OAEP(rsa_padding.MGF1(hashes.SHA256()), hashes.SHA256(), bytes.fromhex(params["label"]))


def _check_oaep(case: Case) -> str:
    return str(_imported(case["key"]).decrypt(bytes.fromhex(case["text"]), oaep(case["params"])).hex())


def _check_wrapping(case: Case) -> str:
    return keywrap.aes_key_unwrap(_imported(case["key"]), bytes.fromhex(case["text"])).hex()


def _check_derivation(case: Case) -> str:
    params, size = case["params"], case["size"]
    hash_, salt = HASHES[params["hash"]], bytes.fromhex(params["salt"])
    made: Any
    if params["name"] == "PBKDF2":
        made = PBKDF2HMAC(hash_, size, salt, params["iterations"])
    else:
        made = HKDF(hash_, size, salt, bytes.fromhex(params["info"]))
    return str(made.derive(bytes.fromhex(case["secret"])).hex())


_CHECKS = {
    "signature": _check_signature,
    "signing": _check_signing,
    "agreement": _check_agreement,
    "cipher": _check_cipher,
    "oaep": _check_oaep,
    "wrapping": _check_wrapping,
    "derivation": _check_derivation,
}


def check(case: Case) -> str:
    """Say what becomes of a case, as the script's `check` does."""
    try:
        return _CHECKS[case["kind"]](case)
    except (ValueError, InvalidTag, UnsupportedAlgorithm, keywrap.InvalidUnwrap):
        return "refused"
