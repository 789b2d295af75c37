"""Images: whether bytes are an image that omnipub accepts, and the reference that names them."""

import hashlib

from omnipub.domain.message import MediaReference
from omnipub.errors import InvalidInputError

PICTURE_BYTES_AT_MOST = 10 * 1024 * 1024
"""The largest request body that API Gateway passes on."""

_KINDS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def referred(data: bytes) -> MediaReference:
    """The reference to an image, by its bytes and without alt text; nothing is stored.

    Raises:
        InvalidInputError: Not an image that omnipub knows, or too large.
    """
    if len(data) > PICTURE_BYTES_AT_MOST:
        raise InvalidInputError(f"The image has {len(data):,} bytes; at most {PICTURE_BYTES_AT_MOST:,} are allowed.")
    kind = content_type_of(data)
    if not kind:
        raise InvalidInputError("This is not an image that omnipub knows.", hint="Use a PNG, JPEG or GIF file.")
    return MediaReference(key=hashlib.sha256(data).hexdigest(), content_type=kind, size=len(data))


def content_type_of(data: bytes) -> str:
    """`image/png`, `image/jpeg` or `image/gif`; empty if it is none of them."""
    return next((kind for magic, kind in _KINDS if data.startswith(magic)), "")
