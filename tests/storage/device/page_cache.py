"""MicroPython: a file system in RAM that loses what was not synchronized, as Linux may. It is used like `flash`.

Names are on the disk when their folder was flushed, and contents when their file was. All else may be there after a
power cut or not, each folder and each file for itself.
"""

import io
import random

import flash as littlefs
import vfs
from edgelet.storage import files

MOUNT = littlefs.MOUNT
_EIO, _ENOENT, _EEXIST, _EISDIR, _ENOTDIR, _ENOTEMPTY = 5, 2, 17, 21, 20, 39
_FOLDER, _FILE = 0x4000, 0x8000
_MIXES = 3  # power cuts at each operation in which chance decides what is there, beside the two extremes


class _Node:
    """A file or a folder. content: a file's bytes or a folder's names -> nodes; synced: that on the disk."""

    def __init__(self, content):
        self.content = content
        self.synced = None if isinstance(content, bytes) else {}

    @property
    def is_folder(self):
        return isinstance(self.content, dict)

    def survivor(self, has_all):
        """What is there after a power cut, all of it on the disk. has_all(): whether the cache was written."""
        if self.is_folder:
            names = self.content if has_all() else self.synced
            node = _Node({name: one.survivor(has_all) for name, one in names.items()})
            node.synced = dict(node.content)
        else:
            node = _Node(self.content if has_all() else self.synced or b"")
            node.synced = node.content
        return node


class _Handle(io.IOBase):
    """An open file, or an open folder, which can be flushed."""

    def __init__(self, disk, node, mode):
        self._disk = disk
        self._node = node
        self._writes = "w" in mode
        self._stream = io.BytesIO(b"" if node.is_folder or self._writes else node.content)
        if self._writes:
            disk.operate()
            node.content = b""
        for name in ("read", "readinto", "readline", "seek", "tell"):
            setattr(self, name, getattr(self._stream, name))

    def readinto(self, buffer):
        return self._stream.readinto(buffer)

    def write(self, data):
        self._disk.operate()
        data = data.encode() if isinstance(data, str) else bytes(data)
        self._node.content += data
        return len(data)

    def flush(self):
        if self._node.synced != self._node.content:
            self._disk.operate()
            self._node.synced = dict(self._node.content) if self._node.is_folder else self._node.content

    def close(self):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


class Flash:
    """A disk of which the power fails at operation `cut_at`. media: the node of its root. As `flash.Flash`."""

    def __init__(self, media, cut_at=-1):
        self.media = media
        self.dead = False
        self.operations = 0
        self._cut_at = cut_at

    def operate(self):
        if self.dead or self.operations == self._cut_at:
            self.dead = True
            raise OSError(_EIO)
        self.operations += 1

    def synchronize(self, node=None):
        """Writes all of the cache, piece by piece."""
        node = node or self.media
        for one in list(node.content.values()) if node.is_folder else ():
            self.synchronize(one)
        _Handle(self, node, "").flush()

    def _find(self, path):
        node = self.media
        for name in path.split("/"):
            if name and name != ".":
                if not node.is_folder:
                    raise OSError(_ENOTDIR)
                if name not in node.content:
                    raise OSError(_ENOENT)
                node = node.content[name]
        return node

    def _place(self, path):
        """The folder of a path, and its name in it."""
        head, _, name = path.rstrip("/").rpartition("/")
        return self._find(head).content, name

    def mount(self, readonly, mkfs):
        pass

    def umount(self):
        pass

    def open(self, path, mode):
        if "w" in mode:
            names, name = self._place(path)
            if name not in names:
                self.operate()
                names[name] = _Node(b"")
        node = self._find(path)
        if node.is_folder and not path.endswith("/."):
            raise OSError(_EISDIR)
        return _Handle(self, node, mode)

    def ilistdir(self, path):
        node = self._find(path)
        if not node.is_folder:
            raise OSError(_ENOTDIR)
        return iter([(name, _FOLDER if one.is_folder else _FILE, 0) for name, one in node.content.items()])

    def stat(self, path):
        node = self._find(path)
        size = 0 if node.is_folder else len(node.content)
        return _FOLDER if node.is_folder else _FILE, 0, 0, 0, 0, 0, size, 0, 0, 0

    def statvfs(self, path):
        return 4096, 4096, 1000, 1000, 1000, 0, 0, 0, 0, 255

    def mkdir(self, path):
        names, name = self._place(path)
        if name in names:
            raise OSError(_EEXIST)
        self.operate()
        names[name] = _Node({})

    def remove(self, path):
        names, name = self._place(path)
        if self._find(path).is_folder:
            raise OSError(_EISDIR)
        self.operate()
        del names[name]

    def rmdir(self, path):
        names, name = self._place(path)
        if self._find(path).content:
            raise OSError(_ENOTEMPTY)
        self.operate()
        del names[name]

    def rename(self, old, new):
        node = self._find(old)
        names, name = self._place(new)
        if name in names and names[name].is_folder:
            raise OSError(_EISDIR)
        self.operate()
        old_names, old_name = self._place(old)
        del old_names[old_name]
        names[name] = node


def blank(blocks):
    """The media of an empty disk."""
    return _Node({})


def copy(media):
    """Another media of the same content."""
    return media.survivor(lambda: True)


def _mount(flash):
    vfs.mount(flash, MOUNT)
    files.sync_file_system = lambda folder: flash.synchronize()


def run(flash, scenario):
    """As `flash.run`."""
    return littlefs.run(flash, scenario, _mount)


def survivors(media, scenario):
    """As `flash.survivors`: all is there that was done, or only what was synchronized, or something between."""
    whole = Flash(copy(media))
    run(whole, scenario)
    random.seed(1)
    choices = [lambda: True, lambda: False] + [lambda: bool(random.getrandbits(1))] * _MIXES
    for cut_at in range(whole.operations + 1):
        flash = Flash(copy(media), cut_at)
        run(flash, scenario)
        for has_all in choices:
            yield flash.media.survivor(has_all)
