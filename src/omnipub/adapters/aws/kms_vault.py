"""The vault in KMS: the key never leaves it, and the purpose is the encryption context."""

import base64
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType

from botocore.exceptions import ClientError

from omnipub.adapters.aws.clients import Clients
from omnipub.adapters.aws.errors import code_of, translated
from omnipub.domain.conversation import Secret
from omnipub.domain.sealing import Purpose, encoded, encoded_before
from omnipub.errors import InvalidInputError, SealBrokenError
from omnipub.hints import Action, Hint

ENCODINGS: Mapping[str, Callable[[Purpose], str]] = MappingProxyType({"kms1": encoded_before, "kms2": encoded})
"""How the purpose stands in a seal's context, by the seal's prefix."""

VERSION = "kms2"
"""The prefix of what is sealed now."""

SECRET_BYTES = 4096
"""The most that KMS encrypts in one call."""

REMEMBERED = 500
REMEMBERED_SECONDS = 300.0
"""How many opened secrets a process keeps, and for how long. Each opening is paid, and a worker opens the same
ones."""

_BROKEN = {"IncorrectKeyException", "InvalidCiphertextException"}


class KmsVault:
    """The `Vault` port over one symmetric key.

    Args:
        clients: Of this process.
        key: The key's ARN, id or alias.
        monotonic: Seconds that only go up.
    """

    def __init__(self, clients: Clients, key: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._key = key
        self._monotonic = monotonic
        self._opened: OrderedDict[tuple[str, Purpose], tuple[float, Secret]] = OrderedDict()
        self._lock = threading.Lock()

    def seal(self, secret: Secret, purpose: Purpose) -> str:
        """`secret` sealed; it opens only for the same `purpose`.

        Raises:
            InvalidInputError: It is longer than KMS takes.
        """
        plain = secret.reveal().encode()
        if not 0 < len(plain) <= SECRET_BYTES:
            raise InvalidInputError(f"The token has {len(plain):,} bytes; 1 to {SECRET_BYTES:,} are allowed.")
        with translated(self._what):
            answer = self._clients.of("kms").encrypt(
                KeyId=self._key, Plaintext=plain, EncryptionContext=_context(encoded(purpose))
            )
        return f"{VERSION}.{base64.urlsafe_b64encode(answer['CiphertextBlob']).decode()}"

    def open(self, sealed: str, purpose: Purpose) -> Secret:
        """The secret."""
        known = self._remembered(sealed, purpose)
        if known is not None:
            return known
        version, _, text = sealed.partition(".")
        if version not in ENCODINGS:
            raise SealBrokenError(f"A secret is sealed as '{version}', which this release does not know on AWS.")
        try:
            blob = base64.b64decode(text, altchars=b"-_", validate=True)
        except ValueError as error:
            raise _broken() from error
        if not blob:
            raise _broken()
        try:
            with translated(self._what):
                answer = self._clients.of("kms").decrypt(
                    KeyId=self._key, CiphertextBlob=blob, EncryptionContext=_context(ENCODINGS[version](purpose))
                )
        except ClientError as error:
            if code_of(error) in _BROKEN:
                raise _broken() from error
            raise
        try:
            secret = Secret(answer["Plaintext"].decode())
        except UnicodeDecodeError:
            raise _broken() from None  # the error would show what it could not read
        return self._remember(sealed, purpose, secret)

    @property
    def _what(self) -> str:
        return f"The key {self._key}"

    def _remembered(self, sealed: str, purpose: Purpose) -> Secret | None:
        with self._lock:
            at, secret = self._opened.get((sealed, purpose), (0.0, None))
            if secret is not None and self._monotonic() - at >= REMEMBERED_SECONDS:
                del self._opened[sealed, purpose]
                return None
            return secret

    def _remember(self, sealed: str, purpose: Purpose, secret: Secret) -> Secret:
        with self._lock:
            self._opened[sealed, purpose] = (self._monotonic(), secret)
            if len(self._opened) > REMEMBERED:
                self._opened.popitem(last=False)
        return secret


def _context(purpose: str) -> dict[str, str]:
    return {"purpose": purpose}


def _broken() -> SealBrokenError:
    return SealBrokenError(
        "A sealed token does not open with this stage's key.",
        hint=Hint(action=Action.CONNECT, when="Connect the account again"),
    )
