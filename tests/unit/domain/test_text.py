import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnipub.domain.text import nfc, nfkc

MARKS = "\u0301\u0327\u0338\u0591"
mixed = st.text(alphabet=st.sampled_from("ae ﬁÅ\u1100\u1161" + MARKS) | st.characters(codec="utf-8"), max_size=60)


def runs_of_marks(text: str) -> list[int]:
    runs, run = [0], 0
    for mark in text:
        run = run + 1 if unicodedata.combining(mark) else 0
        runs.append(run)
    return runs


@given(mixed.filter(lambda text: max(runs_of_marks(text)) <= 15))
def test_a_text_of_any_language_is_normalised_as_unicode_says(text: str) -> None:
    assert nfc(text) == unicodedata.normalize("NFC", text)
    assert nfkc(text) == unicodedata.normalize("NFKC", text)


@given(mixed)
def test_what_is_normalised_stays_as_it_is(text: str) -> None:
    assert nfc(nfc(text)) == nfc(text)


@pytest.mark.parametrize("text", ["a" + "\u0301\u0327" * 500, "a" + "\u0301" * 500 + "\u0327" * 500])
def test_marks_beyond_unicodes_own_bound_are_not_sorted_together(text: str) -> None:
    assert max(runs_of_marks(nfc(text))) <= 30
    assert nfc(text).replace("\u034f", "") != ""
    assert nfc(text).count("\u0327") == 500


def test_composed_and_decomposed_letters_are_the_same_text() -> None:
    assert nfc("e\u0301") == nfc("é")


def test_thirty_marks_on_a_letter_stay_together() -> None:
    assert "\u034f" not in nfc("a" + "\u0301" * 30)
    assert "\u034f" in nfc("a" + "\u0301" * 31)
