"""The one SHA-256 of a firmware."""

import platform
import subprocess

OF_MBEDTLS = "mbedtls_internal_sha256_process"


def test_a_firmware_has_one(firmware):
    done = subprocess.run(["nm", firmware], capture_output=True, text=True, check=True)
    names = [line.split()[-1] for line in done.stdout.splitlines()]
    # The round constants' user, by the names that mbedTLS and crypto-algorithms give it.
    found = [name for name in names if "sha256" in name.lower() and ("process" in name or "transform" in name)]
    if platform.machine() == "x86_64":
        # The portable one beside it is for processors without the instructions of base_sha256_x86.c.
        assert sorted(found) == ["base_sha256_process", OF_MBEDTLS]
    else:
        # mbedTLS has a name more for each kind of Arm's instructions.
        assert OF_MBEDTLS in found
        assert [name for name in found if not name.startswith(OF_MBEDTLS)] == []
