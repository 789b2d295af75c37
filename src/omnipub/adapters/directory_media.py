"""Media in a directory: files named by the SHA-256 of their bytes, written once and never changed."""

import hashlib
import os
import re
import tempfile
from pathlib import Path

from omnipub.domain.message import MediaReference
from omnipub.errors import InvalidInputError, NotFoundError

BYTES_AT_MOST = 10 * 1024 * 1024
"""The largest request body that API Gateway passes on."""

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)
_KEY = re.compile(r"[0-9a-f]{64}")


class DirectoryMedia:
    """The `Media` port over a directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, data: bytes) -> MediaReference:
        """Store `data` under its digest, whole or not at all."""
        if len(data) > BYTES_AT_MOST:
            raise InvalidInputError(f"The image has {len(data):,} bytes; at most {BYTES_AT_MOST:,} are allowed.")
        kind = _kind(data)
        if not kind:
            raise InvalidInputError("This is not an image that omnipub knows.", hint="Use a PNG, JPEG or GIF file.")
        key = hashlib.sha256(data).hexdigest()
        if not (self._path / key).exists():
            self._write(key, data)
        return MediaReference(key=key, content_type=kind, size=len(data))

    def bytes_of(self, key: str) -> bytes:
        """The stored bytes."""
        if not _KEY.fullmatch(key):
            raise NotFoundError(f"'{key}' is not the key of an image.")
        try:
            return (self._path / key).read_bytes()
        except FileNotFoundError as error:
            raise NotFoundError(f"The image {key} is not stored here.", hint="Upload it again.") from error

    def describe(self, key: str) -> MediaReference:
        """What is stored under `key`."""
        data = self.bytes_of(key)
        return MediaReference(key=key, content_type=_kind(data), size=len(data))

    def _write(self, key: str, data: bytes) -> None:
        self._path.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=self._path, prefix=".")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._path / key)


def _kind(data: bytes) -> str:
    return next((kind for magic, kind in _KINDS if data.startswith(magic)), "")
