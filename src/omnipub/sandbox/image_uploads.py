"""Pictures: their bytes by SHA-256, and the uploads that wait to be named by a post."""

from typing import Protocol

_KINDS = {b"\x89PNG\r\n\x1a\n": "image/png", b"\xff\xd8\xff": "image/jpeg", b"GIF8": "image/gif"}
"""How the bytes of a picture begin."""


def kind_of(content: bytes) -> str | None:
    """The content type of a picture's bytes; None if they are no PNG, JPEG or GIF."""
    return next((kind for start, kind in _KINDS.items() if content.startswith(start)), None)


class Pictures(Protocol):
    """What networks keep of pictures; a picture is {sha, content_type, alt} or {url, alt}."""

    def keep(self, content: bytes, *, alt: str = "") -> dict[str, str] | None:
        """Store a picture; None if the bytes are no PNG, JPEG or GIF."""
        ...

    def open(self, sha: str) -> tuple[str, bytes] | None:
        """Content type and bytes of a kept picture."""
        ...

    def begin(self, network: str, account: str, *, pattern: str, picture: dict[str, str] | None = None) -> str:
        """Start an upload; its id is `pattern` with a number that is never used twice."""
        ...

    def fill(self, network: str, upload: str, picture: dict[str, str]) -> None:
        """The bytes of a started upload arrived."""
        ...

    def owner(self, network: str, upload: str) -> str | None:
        """The account that started an upload; None if nobody did."""
        ...

    def uploaded(self, network: str, account: str, upload: str) -> dict[str, str] | None:
        """The picture of an account's upload; None if its bytes never arrived here."""
        ...

    def clear(self) -> None:
        """Forget every picture and upload; numbers go on."""
        ...
