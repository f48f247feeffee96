"""Two starts of a board whose file system is empty and, as on boards, mounted at the root; prints what each counted."""

import json

import flash
import vfs
from edgelet.board import safemode

device = flash.Flash(flash.blank(64))
vfs.umount("/")
vfs.mount(vfs.VfsLfs2(device, progsize=flash.PAGE), "/")
starts = safemode.Starts("/data/starts")
print(json.dumps([starts.begin(), starts.begin()]))
