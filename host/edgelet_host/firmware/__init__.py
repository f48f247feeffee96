"""The firmware: where its sources come from, how it is built for Linux and for boards, and the file formats of it."""
