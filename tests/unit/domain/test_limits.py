from collections.abc import Callable

import pytest
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
