import pytest

from omnipub.domain.secret_encodings import forms, views


@pytest.mark.parametrize(("secret", "form"), [(b"\xfb\xe0\x00", b"--AA"), (b"\xff\xf0\x00", b"__AA")])
def test_a_secret_is_known_as_base64_for_addresses(secret: bytes, form: bytes) -> None:
    assert form in set(forms(secret))


@pytest.mark.parametrize("text", ["plain", "&nosuch; &#1114112;"])
def test_what_is_no_escape_is_read_once(text: str) -> None:
    assert [view.data for view in views(text)] == [text.encode()]


def test_the_last_character_may_be_escaped() -> None:
    assert [view.data for view in views("&#1114111;")][-1] == "\U0010ffff".encode()
