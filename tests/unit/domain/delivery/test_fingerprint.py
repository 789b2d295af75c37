import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.delivery.fingerprint import digest, fingerprint

words = st.lists(
    st.one_of(
        st.sampled_from(
            ["http://", "https://", "https://x.de/a?b=c#d", "\u0301", "\u0338", "e\u0301", "\u00a0", "\r\n"]
        ),
        st.text(st.characters(exclude_characters="&", exclude_categories=["Cs"]), max_size=6),  # an entity is read once
    ),
    max_size=12,
).map("".join)


@settings(deadline=None, max_examples=300)
@given(words)
def test_the_fingerprint_of_a_fingerprint_is_itself(text: str) -> None:
    assert fingerprint(fingerprint(text)) == fingerprint(text)


@settings(deadline=None)
@given(words)
def test_a_network_that_composes_or_decomposes_letters_changes_nothing(text: str) -> None:
    for form in ("NFC", "NFD"):
        assert fingerprint(unicodedata.normalize(form, text)) == fingerprint(text)


@settings(deadline=None)
@given(words, st.sampled_from([" ", "\n", "\t", "\r\n", "\u00a0", "  "]))
def test_white_space_around_a_text_changes_nothing(text: str, space: str) -> None:
    assert fingerprint(f"{space}{text}{space}") == fingerprint(text)


@settings(deadline=None)
@given(words)
def test_a_fingerprint_stands_on_one_line_without_double_spaces(text: str) -> None:
    found = fingerprint(text)
    assert "\n" not in found
    assert "  " not in found
    assert found == found.strip()


@pytest.mark.parametrize(
    "there",
    [
        "New: read it  here https://lnkd.in/abc today",
        "New: read it here\nhttps://lnkd.in/abc\ntoday",
        "New: read it here http://example.com/?utm_source=x today",
        "New: read it here today",
    ],
)
def test_a_shortened_moved_or_dropped_link_changes_nothing(there: str) -> None:
    assert fingerprint(there) == fingerprint("New: read it here https://example.com/long/path today")


@pytest.mark.parametrize("other", ["Hello World", "Hello, world", "Hello world!", "Helloworld", "Hello wörld", ""])
def test_other_words_are_another_fingerprint(other: str) -> None:
    assert fingerprint(other) != fingerprint("Hello world")


def test_a_link_in_the_middle_of_words_does_not_glue_them_together() -> None:
    assert fingerprint("one https://x.de two") == "one two"


def test_a_fingerprint_is_composed() -> None:
    assert fingerprint("e\u0301") == "\u00e9"


@pytest.mark.parametrize(
    ("there", "said"),
    [
        ("Cats &amp; dogs &lt;3 &quot;ever&quot; it&#39;s", 'Cats & dogs <3 "ever" it\'s'),
        ("I \u2764\ufe0f this", "I \u2764 this"),
        ("I \u2764\ufe0e this", "I \u2764\ufe0f this"),
        ("family \U0001f468\U0001f469", "family \U0001f468\u200d\U0001f469"),
        ("a\u200bb \ufeffc\u2060 d", "ab c d"),
        ("soft\u00adhyphen", "softhyphen"),
        ("one\u2028two\u3000three", "one two three"),
    ],
)
def test_what_networks_do_to_a_text_changes_nothing(there: str, said: str) -> None:
    assert fingerprint(there) == fingerprint(said)


def test_a_long_text_of_entities_is_read_in_a_time_that_grows_with_it() -> None:
    assert fingerprint("&amp;" * 100_000) == "&" * 100_000


def test_hashtags_and_emoji_belong_to_the_fingerprint() -> None:
    assert fingerprint("Done 🎉\n\n#AWS") == "Done 🎉 #AWS"


@pytest.mark.parametrize("text", ["", " ", "https://example.com"])
def test_what_leaves_nothing_to_recognise_has_no_digest(text: str) -> None:
    assert digest(text) == ""
    assert digest(f"{text} a") != ""
