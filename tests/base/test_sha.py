"""The one SHA-256 of a firmware."""

import subprocess


def test_a_firmware_has_one(firmware):
    done = subprocess.run(["nm", firmware], capture_output=True, text=True, check=True)
    names = [line.split()[-1] for line in done.stdout.splitlines()]
    # The round constants' user, by the names that mbedTLS and crypto-algorithms give it.
    found = [name for name in names if "sha256" in name.lower() and ("process" in name or "transform" in name)]
    assert found == ["mbedtls_internal_sha256_process"]
