"""The health tests of a board's noise source, and that their bounds are those of SP 800-90B."""

import subprocess
from fractions import Fraction
from math import ceil, comb
from pathlib import Path

from edgelet_host.paths import FIRMWARE

MODULE = FIRMWARE / "quickjs_module"
SUPPORT = Path(__file__).parents[1] / "support"
FALSE_ALARMS_BITS = 30  # one in so many powers of two


def repetition_cutoff(entropy: Fraction) -> int:
    """Section 4.4.1, step 2."""
    return 1 + ceil(FALSE_ALARMS_BITS / entropy)


def proportion_cutoff(entropy: Fraction, window: int) -> int:
    """Section 4.4.2: 1 + critbinom(window, 2^-entropy, 1 - false alarms)."""
    likely = 2 ** -float(entropy)
    more = 0.0  # the probability of more than `equal` samples
    for equal in range(window, 0, -1):
        more += comb(window, equal) * Fraction(likely) ** equal * Fraction(1 - likely) ** (window - equal)
        if more > 2**-FALSE_ALARMS_BITS:
            return 1 + equal
    raise AssertionError


def test_noise(tmp_path):
    program = tmp_path / "noise"
    flags = ["-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", f"-I{MODULE}", f"-I{SUPPORT}", "-fsanitize=undefined"]
    files = [Path(__file__).with_name("noise_unit.c"), MODULE / "port" / "noise.c"]
    subprocess.run(["gcc", *flags, *files, "-o", program], check=True)
    done = subprocess.run([program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    samples_per_bit, repeats, window, equal = map(int, done.stdout.split())
    entropy = Fraction(1, samples_per_bit)
    assert repeats == repetition_cutoff(entropy)
    assert window == 1024  # for samples of a bit
    assert equal == proportion_cutoff(entropy, window)
