"""A newcomer finds the file of a subject by searching for the field's word."""

import runpy
from pathlib import Path

import pytest

SEARCH = runpy.run_path(str(Path(__file__).parents[2] / "docs" / "word_search.py"))


@pytest.mark.parametrize("word", SEARCH["QUESTIONS"])
def test_the_file_is_among_the_first_two_hits(word: str) -> None:
    assert SEARCH["QUESTIONS"][word] in SEARCH["hits"](word)[:2]


def test_enough_words_are_asked() -> None:
    assert len(SEARCH["QUESTIONS"]) >= 15


def test_a_word_that_nothing_is_about_finds_nothing() -> None:
    assert SEARCH["hits"]("quaternion") == []
