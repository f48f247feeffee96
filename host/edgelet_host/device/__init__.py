"""Devices: which there are, what is said to them over their consoles, and the Linux firmware as one."""
