from collections.abc import Callable, Iterator
from typing import Any

import pytest
import regex  # type: ignore[import-untyped]
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.limits import COUNTERS, Excess, Limits, Unit, text_counts, text_excess

FAMILY = "👩‍👩‍👧"  # three people and two joiners: one picture for a reader
SAMPLES = [
    # text, characters, UTF-16 units, bytes
    ("", 0, 0, 0),
    ("abc", 3, 3, 3),
    ("äöü", 3, 3, 6),
    ("€", 1, 1, 3),
    ("🎉", 1, 2, 4),
    ("a\u0301", 2, 2, 3),
    ("\N{CJK UNIFIED IDEOGRAPH-20000}", 1, 2, 4),
    (FAMILY, 5, 8, 18),
    ("🇩🇪", 2, 4, 8),
    ("line\r\nline", 10, 10, 10),
]


def limits(most: int, unit: Unit) -> Limits:
    return Limits(text=((most, unit),), images=0)


def test_every_unit_has_a_counter() -> None:
    assert set(COUNTERS) == set(Unit)


@pytest.mark.parametrize(("text", "characters", "units", "size"), SAMPLES)
def test_each_unit_counts_as_its_networks_do(text: str, characters: int, units: int, size: int) -> None:
    assert COUNTERS[Unit.CHARACTERS](text) == characters
    assert COUNTERS[Unit.UTF16](text) == units
    assert COUNTERS[Unit.BYTES](text) == size


@pytest.mark.parametrize("unit", Unit)
@pytest.mark.parametrize("mark", ["a", "ä", "€", "🎉", FAMILY])
def test_exactly_the_limit_passes_and_one_more_is_refused(unit: Unit, mark: str) -> None:
    text = mark * 7
    most = COUNTERS[unit](text)
    assert text_excess(text, limits(most, unit)) == []
    (excess,) = text_excess(text + "x", limits(most, unit))
    assert (excess.found, excess.most, excess.unit) == (most + 1, most, unit)


def test_an_emoji_that_fits_in_characters_may_not_fit_in_utf_16_units() -> None:
    text = "🎉" * 60
    assert text_excess(text, limits(100, Unit.CHARACTERS)) == []
    assert text_excess(text, limits(100, Unit.UTF16))


def test_all_text_limits_hold_and_every_broken_one_is_named() -> None:
    both = Limits(text=((10, Unit.CHARACTERS), (20, Unit.BYTES)), images=0)
    assert text_excess("a" * 10, both) == []
    assert [excess.unit for excess in text_excess("ä" * 10 + "!", both)] == [Unit.CHARACTERS, Unit.BYTES]
    assert [excess.unit for excess in text_excess("€" * 10, both)] == [Unit.BYTES]


def test_white_space_counts_like_everything_else() -> None:
    assert text_excess("abc \n", limits(3, Unit.CHARACTERS))


def test_an_empty_text_breaks_no_limit() -> None:
    assert text_excess("", limits(0, Unit.BYTES)) == []


def test_a_network_without_text_limits_takes_any_text() -> None:
    assert text_excess("x" * 1_000_000, Limits(text=(), images=0)) == []


@settings(deadline=None)
@given(st.text(max_size=40), st.integers(0, 60), st.sampled_from(Unit))
def test_a_text_is_refused_exactly_when_it_counts_more_than_the_limit(text: str, most: int, unit: Unit) -> None:
    assert bool(text_excess(text, limits(most, unit))) == (COUNTERS[unit](text) > most)


@pytest.mark.parametrize("counter", [COUNTERS[unit] for unit in Unit])
def test_a_longer_text_never_counts_less(counter: Callable[[str], int]) -> None:
    for text, *_ in SAMPLES:
        assert counter(text + "🎉") > counter(text)


def test_an_excess_says_what_how_much_and_how_much_would_have_been_allowed() -> None:
    excess = Excess(what="the text", found=63_207, most=63_206, unit=Unit.CHARACTERS)
    assert excess.sentence() == "the text has 63,207 characters; at most 63,206 are allowed."


def test_counts_are_told_in_every_unit_whether_too_many_or_not() -> None:
    both = Limits(text=((10, Unit.CHARACTERS), (20, Unit.BYTES)), caption=((5, Unit.UTF16),), images=1)
    counted = [(one.found, one.most, one.unit) for one in text_counts("€" * 8, both)]
    assert counted == [(8, 10, Unit.CHARACTERS), (24, 20, Unit.BYTES)]
    assert [(one.found, one.most) for one in text_counts("🎉", both, beside_images=True)] == [(2, 5)]


clusters = st.lists(
    st.sampled_from(
        ["🇩", "👩", "\u200d", "\u0301", "a", "\r", "\n", "\u1100", "\u1161", "\u0600", "क", "\u094d", "👍🏽"]
    ),
    max_size=300,
).map("".join)


@settings(deadline=None)
@given(clusters)
def test_graphemes_counted_piece_by_piece_are_those_of_the_whole_text(text: str) -> None:
    assert COUNTERS[Unit.GRAPHEMES](text) == len(regex.findall(r"\X", text))


@pytest.mark.parametrize(
    "text", ["🇩🇪" * 20_000, "🇩" * 20_001, "👩\u200d" * 20_000, "ä" + "\u0301" * 40_000, "ä" * 40_000]
)
def test_a_long_text_is_read_a_few_times_at_most_to_count_its_graphemes(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = regex.finditer, []

    def counted(pattern: str, piece: str) -> Iterator[Any]:
        read.append(len(piece))
        return real(pattern, piece)  # type: ignore[no-any-return]

    monkeypatch.setattr(regex, "finditer", counted)
    assert COUNTERS[Unit.GRAPHEMES](text) > 0
    assert sum(read) <= 5 * len(text)
    one_grapheme = "\u200d" in text or "\u0301" in text
    assert max(read) <= (2 * len(text) if one_grapheme else 64)


def test_graphemes_are_not_counted_where_there_are_few_enough_characters(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("there was nothing to count")

    monkeypatch.setattr(regex, "finditer", refuse)
    assert text_excess("🇩🇪" * 5, limits(10, Unit.GRAPHEMES)) == []
