"""Mounts the file system, which MicroPython runs before boot.py; makes one where there is none."""

import partition
import rp2
import vfs

start, length = partition.FILES
device = rp2.Flash(start=start, len=length)
try:
    fs = vfs.VfsLfs2(device, progsize=256)
except OSError:
    vfs.VfsLfs2.mkfs(device, progsize=256)
    fs = vfs.VfsLfs2(device, progsize=256)
vfs.mount(fs, "/")

del partition, rp2, vfs, start, length, device, fs
