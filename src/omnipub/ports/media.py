"""The store of media: images by the hash of their bytes."""

from typing import Protocol

from omnipub.domain.message import MediaReference


class Media(Protocol):
    """Keeps images by their content."""

    def keep(self, data: bytes) -> MediaReference:
        """Store `data`; the same bytes are stored once.

        Raises:
            InvalidInputError: Not an image we know, or too large.
        """
        ...

    def describe(self, key: str) -> MediaReference:
        """What is stored under `key`, without alt text.

        Raises:
            NotFoundError: Nothing of that key.
        """
        ...

    def bytes_of(self, key: str) -> bytes:
        """The stored bytes.

        Raises:
            NotFoundError: Nothing of that key.
        """
        ...
