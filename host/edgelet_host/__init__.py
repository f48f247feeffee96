"""The command line of edgelet: builds and tests the firmware, deploys functions to devices."""

__version__ = "0.1.0"
