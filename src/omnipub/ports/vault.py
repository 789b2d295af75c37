"""The vault: it seals secrets and opens them again."""

from typing import Protocol

from omnipub.domain.conversation import Secret
from omnipub.domain.sealing import Purpose


class Vault(Protocol):
    """Seals secrets."""

    def seal(self, secret: Secret, purpose: Purpose) -> str:
        """`secret` sealed; it opens only for the same `purpose`."""
        ...

    def open(self, sealed: str, purpose: Purpose) -> Secret:
        """The secret.

        Raises:
            SealBrokenError: Another key, another purpose, or damaged.
        """
        ...
