from datetime import UTC, datetime, timedelta

import pytest

from omnipub.channels.answers import LONGEST_WAIT, SHORTEST_WAIT, WORDS_AT_MOST, wait_in_headers, words
from omnipub.domain.conversation import Response

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("All is well", "All is well"),
        ("two\nlines\tand  \x1b[31mcolour\x00", "two lines and [31mcolour"),
        ("", ""),
        (None, ""),
        ({"message": "no text"}, ""),
    ],
)
def test_a_networks_words_are_printable_and_on_one_line(said: object, shown: str) -> None:
    assert words(said) == shown


def test_a_networks_words_are_shortened() -> None:
    assert len(words("word " * 100)) == WORDS_AT_MOST
    assert words("word " * 100).endswith("…")


def test_an_endless_answer_is_not_read_to_its_end() -> None:
    assert words(" " * 1_000_000 + "late") == ""


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, None),
        ({"retry-after": "90"}, timedelta(seconds=90)),
        ({"retry-after": " 90 "}, timedelta(seconds=90)),
        ({"retry-after": "1"}, SHORTEST_WAIT),
        ({"retry-after": "9" * 400}, LONGEST_WAIT),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "1.5"}, SHORTEST_WAIT),
        ({"retry-after": "89.2"}, timedelta(seconds=90)),
        ({"retry-after": "00000000000090"}, timedelta(seconds=90)),
        ({"retry-after": "60, 90"}, timedelta(seconds=90)),
        ({"retry-after": "1e30"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "Infinity"}, None),
        ({"retry-after": "[90]"}, None),
        ({"retry-after": "9" * 5_000}, None),
        ({"retry-after": "Mon, 23 Nov 2026 09:10:00 +99999999999999"}, None),
        ({"retry-after": "Mon, 23 Nov 9999 23:59:59 -2359"}, LONGEST_WAIT),
        ({"retry-after": "Mon, 23 Nov 0001 00:00:00 +2359"}, SHORTEST_WAIT),
        ({"retry-after": "Mon, 23 Nov " + "2" * 5_000 + " 09:10:00 GMT"}, None),
        ({"retry-after": "90", "date": "Mon, 23 Nov 2026 09:00:00 +99999999999999"}, timedelta(seconds=90)),
        ({"retry-after": "٣٠"}, None),
        ({"retry-after": "Mon, 23 Nov 2026 09:10:00 GMT"}, timedelta(minutes=10)),
        ({"retry-after": "Mon, 23 Nov 2026 08:00:00 GMT"}, SHORTEST_WAIT),
        ({"retry-after": "Mon, 23 Nov 2026 09:10:00 -0000"}, timedelta(minutes=10)),
        # The network's clock is an hour ahead: its own Date says so.
        (
            {"retry-after": "Mon, 23 Nov 2026 10:10:00 GMT", "date": "Mon, 23 Nov 2026 10:00:00 GMT"},
            timedelta(minutes=10),
        ),
        ({"retry-after": "Mon, 99 Nov 2026 09:10:00 GMT"}, None),
    ],
)
def test_the_asked_wait_is_read_or_absent_but_never_a_tight_loop(
    headers: dict[str, str], wait: timedelta | None
) -> None:
    assert wait_in_headers(Response(status=429, headers=headers), NOW) == wait


def test_a_date_alone_means_nothing_without_a_clock() -> None:
    assert wait_in_headers(Response(status=429, headers={"retry-after": "Mon, 23 Nov 2026 09:10:00 GMT"})) is None
