"""Wycheproof's vectors, where they lie beside the checkout (../shared/vectors): none that is invalid is taken."""

import json
from pathlib import Path

import pytest
from edgelet_host.paths import ROOT
from web_helpers import call, run_handler

FOLDER = ROOT.parent / "shared" / "vectors"
SCRIPT = Path(__file__).with_name("wycheproof.js")
NAMES = [
    "aes_cbc_pkcs5_test",
    "aes_gcm_test",
    "aes_wrap_test",
    "ecdh_secp256r1_webcrypto_test",
    "ecdsa_secp384r1_sha384_p1363_test",
    "rsa_oaep_2048_sha256_mgf1sha256_test",
    "rsa_pss_2048_sha256_mgf1_32_test",
    "rsa_signature_2048_sha256_test",
    "x25519_jwk_test",
]


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the vectors are not here")
@pytest.mark.parametrize("name", NAMES)
def test_vectors(firmware, name):
    groups = json.loads((FOLDER / f"{name}.json").read_text())["testGroups"]
    tests = [test for group in groups for test in group["tests"]]
    (answer,) = run_handler(firmware, SCRIPT.read_text(), call(method="POST", body=json.dumps(groups).encode()))
    assert answer.status == 200, answer
    wrong = [
        (test["tcId"], test["comment"], test["result"], outcome)
        for test, outcome in zip(tests, answer.json, strict=True)
        if test["result"] != "acceptable" and (outcome is True) != (test["result"] == "valid")
    ]
    assert wrong == []
