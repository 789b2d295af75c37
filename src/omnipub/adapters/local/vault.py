"""The vault of one machine: AES-256-GCM with a key in a file that only its owner can read."""

import base64
import os
import shlex
import stat
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from omnipub.domain.conversation import Secret
from omnipub.domain.sealing import Purpose, encoded, encoded_before
from omnipub.errors import ConfigurationError, SealBrokenError
from omnipub.hints import Action, Hint

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
ENCODINGS: Mapping[str, Callable[[Purpose], str]] = MappingProxyType({"v1": encoded_before, "v2": encoded})
"""How the purpose stands in a seal, by the seal's prefix."""

VERSION = "v2"
"""The prefix of what is sealed now."""


class KeyfileVault:
    """The `Vault` port over a key file of mode 0600.

    Args:
        path: The key file; a new one is written if it is absent.

    Raises:
        ConfigurationError: Others can read the file, or it holds no key.
    """

    def __init__(self, path: Path) -> None:
        self._key = _key(path)

    def seal(self, secret: Secret, purpose: Purpose) -> str:
        """`secret` sealed; it opens only for the same `purpose`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret.reveal().encode(), encoded(purpose).encode())
        return f"{VERSION}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, purpose: Purpose) -> Secret:
        """The secret."""
        from cryptography.exceptions import InvalidTag

        version, _, text = sealed.partition(".")
        if version not in ENCODINGS:
            raise SealBrokenError(f"A secret is sealed as '{version}', which this release does not know.")
        try:
            data = base64.urlsafe_b64decode(text)
            nonce, content = data[:NONCE_BYTES], data[NONCE_BYTES:]
            opened = self._cipher.decrypt(nonce, content, ENCODINGS[version](purpose).encode())
        except (ValueError, InvalidTag) as error:
            raise SealBrokenError(
                "A sealed token does not open with this machine's key.",
                hint=Hint(action=Action.CONNECT, when="Connect the account again"),
            ) from error
        return Secret(opened.decode())

    @cached_property
    def _cipher(self) -> "AESGCM":
        """The cipher; it is imported here, since most commands seal and open nothing."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self._key)


def _key(path: Path) -> bytes:
    if not path.exists():
        _make(path)
    return _checked(path)


def _make(path: Path) -> None:
    """A new key, there whole or not at all.

    It never takes the place of another that somebody makes at this moment.
    """
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")  # of mode 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    with suppress(FileExistsError):
        os.link(name, path)
    Path(name).unlink()


def _checked(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(
            f"The key file {path} can be read by others.", hint=f"Type: chmod 600 {shlex.quote(str(path))}"
        )
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"The key file {path} is damaged: it has {len(key)} bytes instead of {KEY_BYTES}.",
            hint="Restore it from a backup; without it the sealed tokens are lost.",
        )
    return key
