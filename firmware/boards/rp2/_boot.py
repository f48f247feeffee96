"""Mounts the file system, which MicroPython runs before boot.py; makes one where there is none."""

import partition
import vfs
from _rp2 import Flash  # rp2 is the assembler of its PIO too, which takes RAM

start, length = partition.FILES
device = Flash(start=start, len=length)
try:
    fs = vfs.VfsLfs2(device, progsize=256)
except OSError:
    vfs.VfsLfs2.mkfs(device, progsize=256)
    fs = vfs.VfsLfs2(device, progsize=256)
vfs.mount(fs, "/")

del partition, Flash, vfs, start, length, device, fs
