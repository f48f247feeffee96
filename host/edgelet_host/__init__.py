"""The command line of edgelet: builds and tests the firmware, deploys functions to devices."""
