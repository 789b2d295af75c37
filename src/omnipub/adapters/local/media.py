"""Media in a directory: files named by the SHA-256 of their bytes, written once and never changed."""

import os
import re
import tempfile
from pathlib import Path

from omnipub import private_files
from omnipub.domain.images import content_type_of, referred
from omnipub.domain.message import MediaReference
from omnipub.errors import NotFoundError

_KEY = re.compile(r"[0-9a-f]{64}")


class DirectoryMedia:
    """The `Media` port over a directory."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, data: bytes) -> MediaReference:
        """Store `data` under its digest, whole or not at all."""
        reference = referred(data)
        if not (self._path / reference.key).exists():
            self._write(reference.key, data)
        return reference

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
        return MediaReference(key=key, content_type=content_type_of(data), size=len(data))

    def _write(self, key: str, data: bytes) -> None:
        private_files.directory(self._path)
        descriptor, name = tempfile.mkstemp(dir=self._path, prefix=".")
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(self._path / key)
