"""What people download: Python packages with the firmware inside, boards' firmwares, checksums, bill of materials."""
