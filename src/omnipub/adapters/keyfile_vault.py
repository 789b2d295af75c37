"""The vault of one machine: AES-256-GCM with a key in a file that only its owner can read."""

import base64
import os
import stat
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from omnipub.domain.conversation import Secret
from omnipub.errors import ConfigurationError, SealBrokenError

KEY_BYTES = 32
NONCE_BYTES = 12
VERSION = "v1"
"""Prefix of what is sealed this way, so that another way can stand beside it."""


class KeyfileVault:
    """The `Vault` port over a key file of mode 0600, made at its first use."""

    def __init__(self, path: Path) -> None:
        self._cipher = AESGCM(_key(path))

    def seal(self, secret: Secret, purpose: str) -> str:
        """`secret` sealed; it opens only for the same `purpose`."""
        nonce = os.urandom(NONCE_BYTES)
        sealed = self._cipher.encrypt(nonce, secret.reveal().encode(), purpose.encode())
        return f"{VERSION}.{base64.urlsafe_b64encode(nonce + sealed).decode()}"

    def open(self, sealed: str, purpose: str) -> Secret:
        """The secret."""
        version, _, text = sealed.partition(".")
        if version != VERSION:
            raise SealBrokenError(f"A secret is sealed as '{version}', which this release does not know.")
        try:
            data = base64.urlsafe_b64decode(text)
            opened = self._cipher.decrypt(data[:NONCE_BYTES], data[NONCE_BYTES:], purpose.encode())
        except (ValueError, InvalidTag) as error:
            raise SealBrokenError(
                "A sealed token does not open with this machine's key.",
                hint="Connect the account again: omnipub connections connect CHANNEL",
            ) from error
        return Secret(opened.decode())


def _key(path: Path) -> bytes:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, stat.S_IRUSR | stat.S_IWUSR)
    except FileExistsError:
        return _checked(path)
    with os.fdopen(descriptor, "wb") as file:
        file.write(os.urandom(KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    return _checked(path)


def _checked(path: Path) -> bytes:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigurationError(f"The key file {path} can be read by others.", hint=f"Type: chmod 600 {path}")
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise ConfigurationError(
            f"The key file {path} is damaged: it has {len(key)} bytes instead of {KEY_BYTES}.",
            hint="Restore it from a backup; without it the sealed tokens are lost.",
        )
    return key
