"""A board's own bootloader, by which it takes a firmware."""
