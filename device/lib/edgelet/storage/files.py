"""Durable file operations, the same on littlefs and in a Linux directory.

littlefs commits a closed file and a rename at once and atomically. Linux wants an fsync of the
file before the rename and one of its folder after it: MicroPython's flush() is that fsync, and a
folder can be opened for it.
"""

import errno
import os

ENOSPC = 28  # MicroPython's errno does not have it

FOLDER = 0x4000  # of what os.stat() and os.ilistdir() tell

#: What lies in the folder of what the device keeps.
NAMES = ("settings.json", "secrets.json", "roots.der", "env", "secrets", "kv", "releases", "damaged", "starts")

#: What mends the damage that a message has named.
REPAIR = "'edgelet doctor --repair' moves it aside"
_ABSENT = (errno.ENOENT, 20)  # ENOTDIR, which MicroPython's errno does not have: a file is where a folder would be


def kind(path):
    """Either "folder", "file", or None where there is neither."""
    try:
        mode = os.stat(path)[0]
    except OSError as error:
        if error.errno in _ABSENT:
            return None
        raise
    return "folder" if mode & FOLDER else "file"


def size(path):
    """Bytes of the file at `path`."""
    return os.stat(path)[6]


def space(folder):
    """Of the file system that holds `folder` and nearly nothing else: (bytes in all, bytes free, bytes of a block)."""
    block, blocks, free = (os.statvfs(folder)[i] for i in (1, 2, 4))
    if not opens_folders(folder):
        # MicroPython counts the two blocks of each folder on littlefs twice, and subtracts without a sign.
        free = ((free + (1 << 31)) & 0xFFFFFFFF) - (1 << 31) + 2 * _count_folders(folder)
    return blocks * block, max(free, 0) * block, block


def _count_folders(folder):
    entries = list(os.ilistdir(folder))
    return 1 + sum(_count_folders(folder + "/" + entry[0]) for entry in entries if entry[1] == FOLDER)


def names(folder):
    """The names in `folder`, or an empty list where there is no such folder."""
    try:
        return os.listdir(folder)
    except OSError as error:
        if error.errno in _ABSENT:
            return []
        raise


def folder_of(path):
    """The folder in which `path` lies."""
    head, slash, _ = path.rpartition("/")
    return head or slash or "."


def make_folder(path):
    """Creates the folder `path` and those above it, durably; one that exists is left alone.

    ValueError where a file is in its place.
    """
    what = kind(path)
    if what == "folder":
        return
    if what:
        raise ValueError("%s is a file in the place of a folder: %s" % (path, REPAIR))
    parent = folder_of(path)
    make_folder(parent)
    os.mkdir(path)
    sync_folder(parent)


def sync_folder(path):
    """Makes renames in the folder `path` durable."""
    if opens_folders(path):
        with open(path + "/.", "rb") as folder:
            folder.flush()


def opens_folders(path):
    """Whether folders can be opened like files.

    True on Linux, where a rename needs an fsync; false on littlefs, which answers EISDIR and commits a closed file
    atomically by itself.
    """
    try:
        open(path + "/.", "rb").close()  # MicroPython does not open "/" under that name
    except OSError as error:
        if error.errno == errno.EISDIR:
            return False
        raise
    return True


def replace(path, data):
    """Makes `data` (bytes or str) the content of `path`.

    After a power cut the file has the old content (or is absent, if it was) or the new one. Takes the name `path` + "~"
    for a moment. ValueError where a folder is in its place.
    """
    if kind(path) == "folder":
        raise ValueError("%s is a folder in the place of a file: %s" % (path, REPAIR))
    temporary = path + "~"
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
    except OSError:
        if kind(temporary):
            os.remove(temporary)
        raise
    rename(temporary, path)


def change(folder, contents):
    """Replaces and removes files of `folder`, which share what makes them durable: name -> bytes, or None to remove it.

    After a power cut each has its old content or its new one, as after `replace`. OSError where one could not be
    written; then some may have changed.
    """
    written = [name for name in contents if contents[name] is not None]
    try:
        for name in written:
            with open("%s/%s~" % (folder, name), "wb") as file:
                file.write(contents[name])
                if len(written) == 1:
                    file.flush()
        if len(written) > 1:
            sync_file_system(folder)
    except OSError:
        remove_temporary(folder)
        raise
    for name in contents:
        path = folder + "/" + name
        if contents[name] is None:
            os.remove(path)
        else:
            os.rename(path + "~", path)
    sync_folder(folder)


def sync_file_system(folder):
    """Makes all that was written to the file system of `folder`, which is one of Linux, durable."""
    from _process import sync_file_system  # not on boards, whose littlefs has nothing to wait for

    with open(folder + "/.", "rb") as file:
        sync_file_system(file.fileno())


def remove_temporary(folder):
    """Removes what replace() left in `folder` when the power failed."""
    for name in names(folder):
        if name.endswith("~") and kind(folder + "/" + name) == "file":
            os.remove(folder + "/" + name)


def rename(old, new):
    """Renames a file (replacing `new`) or a folder (`new` must not exist), durably."""
    os.rename(old, new)
    sync_folder(folder_of(new))


def remove_tree(path):
    """Removes a file, or a folder with all that is in it; nothing where there is nothing.

    It may come back with a power cut, until `sync_folder` of the folder in which it lay.
    """
    what = kind(path)
    if what == "folder":
        for name in os.listdir(path):
            remove_tree(path + "/" + name)
        os.rmdir(path)
    elif what == "file":
        os.remove(path)
