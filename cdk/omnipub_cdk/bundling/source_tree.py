"""A bundle as bytes: fixed dates and modes, its digest, and the zip that Lambda receives."""

import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

MOMENT = (1980, 1, 1, 0, 0, 0)
"""The date of every file: the first that a zip can hold."""

_SECONDS = 315_532_800
_FILE, _FOLDER = 0o644, 0o755
_REGULAR = 0o100000


def seal(tree: Path) -> None:
    """Give every file and folder under `tree` one date and the mode that Lambda's user can read."""
    for path in [*tree.rglob("*"), tree]:
        path.chmod(_FOLDER if path.is_dir() else _FILE)
        os.utime(path, (_SECONDS, _SECONDS))


def digest(tree: Path) -> str:
    """SHA-256 over the names and contents of all files under `tree`, in hex."""
    whole = hashlib.sha256()
    for path in _files(tree):
        content = path.read_bytes()
        whole.update(f"{path.relative_to(tree).as_posix()}\0{len(content)}\0".encode())
        whole.update(content)
    return whole.hexdigest()


def zipped(tree: Path, target: Path) -> str:
    """Write the tree as a zip; the SHA-256 of its bytes, in hex."""
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for path in _files(tree):
            entry = zipfile.ZipInfo(path.relative_to(tree).as_posix(), MOMENT)
            entry.create_system = 3
            entry.external_attr = (_REGULAR | _FILE) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, path.read_bytes())
    return hashlib.sha256(target.read_bytes()).hexdigest()


def _files(tree: Path) -> Iterator[Path]:
    yield from sorted(
        (path for path in tree.rglob("*") if path.is_file()), key=lambda path: path.relative_to(tree).as_posix()
    )
