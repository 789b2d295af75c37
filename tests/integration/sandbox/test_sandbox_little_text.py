"""Little text."""

import pytest

from omnipub.sandbox.networks.linkedin.little_text import RESERVED, LittleTextError, plain


def test_every_reserved_character_can_be_escaped() -> None:
    assert plain("".join(f"\\{mark}" for mark in RESERVED)) == RESERVED


@pytest.mark.parametrize("mark", sorted(set(RESERVED) - {"#"}))
def test_a_reserved_character_alone_is_malformed(mark: str) -> None:
    with pytest.raises(LittleTextError, match="position 2"):
        plain(f"a {mark} b")


@pytest.mark.parametrize(
    ("commentary", "read"),
    [
        ("", ""),
        ("plain, with a full stop.\nAnd a line", "plain, with a full stop.\nAnd a line"),
        ("#tag and C#", "#tag and C#"),
        (r"{hashtag|\#|tag}", "#tag"),
        (r"{hashtag|\#|two\_words}", "#two_words"),
        ("@[Ann Lee](urn:li:person:a-b_c)", "Ann Lee"),
        (r"@[A \(B\)](urn:li:organization:1)!", "A (B)!"),
    ],
)
def test_marked_up_text_reads_as(commentary: str, read: str) -> None:
    assert plain(commentary) == read


@pytest.mark.parametrize(
    "commentary", ["\\", r"\a", "{hashtag|#|tag}", r"{hashtag|\#|}", "@[Ann]", "@[Ann](ann)", "@[](urn:li:person:1)"]
)
def test_a_broken_hashtag_mention_or_escape_is_malformed(commentary: str) -> None:
    with pytest.raises(LittleTextError):
        plain(commentary)
