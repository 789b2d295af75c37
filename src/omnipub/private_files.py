"""Files and directories that only their owner may read, whatever the process's umask is."""

import os
import stat
from pathlib import Path

OTHERS = stat.S_IRWXG | stat.S_IRWXO
"""Every permission of group and others."""


def directory(path: Path) -> Path:
    """Make a directory and its missing parents, for its owner alone.

    A directory that exists stays as it is.
    """
    for missing in reversed([one for one in (path, *path.parents) if not one.exists()]):
        try:
            missing.mkdir(mode=stat.S_IRWXU)
        except FileExistsError:
            continue  # another process made it at this moment
        missing.chmod(stat.S_IRWXU)  # a umask can only have taken away
    return path


def file(path: Path) -> Path:
    """Make an empty file for its owner alone; one that exists stays as it is."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        return path
    try:
        os.fchmod(descriptor, stat.S_IRUSR | stat.S_IWUSR)
    finally:
        os.close(descriptor)
    return path


def is_open(path: Path) -> bool:
    """Whether group or others may do something with a file or directory."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False  # gone meanwhile
    return not stat.S_ISLNK(mode) and bool(mode & OTHERS)


def closed(path: Path) -> bool:
    """Take from group and others what they may do with a file or directory of ours; whether there was anything."""
    try:
        if not is_open(path) or path.lstat().st_uid != os.geteuid():
            return False
        path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS)
    except OSError:
        return False  # gone meanwhile, or a file system without permissions: `doctor` says so
    return True
