"""`python -m edgelet_host`, which the launcher at the root of the repository runs."""

from edgelet_host.cli import main

main(prog_name="edgelet")
