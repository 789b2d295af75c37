import hashlib

import pytest

from omnipub.domain.images import PICTURE_BYTES_AT_MOST, content_type_of, referred
from omnipub.errors import InvalidInputError

PNG = b"\x89PNG\r\n\x1a\n"


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (PNG + b"1", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"<svg/>", ""),
        (b"", ""),
    ],
)
def test_bytes_tell_by_themselves_what_they_are(data: bytes, kind: str) -> None:
    assert content_type_of(data) == kind


def test_a_reference_is_made_of_the_bytes_alone() -> None:
    reference = referred(PNG)
    assert (reference.key, reference.size, reference.alt) == (hashlib.sha256(PNG).hexdigest(), len(PNG), "")


def test_the_largest_image_is_taken_and_a_larger_one_refused_with_both_numbers() -> None:
    assert referred(PNG.ljust(PICTURE_BYTES_AT_MOST, b"x")).size == PICTURE_BYTES_AT_MOST
    with pytest.raises(InvalidInputError, match="10,485,761 bytes; at most 10,485,760"):
        referred(PNG.ljust(PICTURE_BYTES_AT_MOST + 1, b"x"))


def test_what_is_no_image_is_refused() -> None:
    with pytest.raises(InvalidInputError, match="not an image"):
        referred(b"hello")
