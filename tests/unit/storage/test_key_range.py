"""All bounds of a query together are one half-open span of sort keys."""

import pytest

from omnipub.ports.table import Query
from omnipub.storage.key_range import span


@pytest.mark.parametrize(
    ("query", "meant"),
    [
        (Query(partition="P"), ("", None)),
        (Query(partition="P", at_least="B"), ("B", None)),
        (Query(partition="P", below="D"), ("", "D")),
        (Query(partition="P", prefix="C#"), ("C#", "C$")),
        (Query(partition="P", prefix="C#", at_least="C#5"), ("C#5", "C$")),
        (Query(partition="P", prefix="C#", at_least="A"), ("C#", "C$")),
        (Query(partition="P", prefix="C#", below="C#5"), ("C#", "C#5")),
        (Query(partition="P", prefix="C#", below="Z"), ("C#", "C$")),
        (Query(partition="P", prefix=""), ("", None)),
        (Query(partition="P", prefix="a\ud7ff"), ("a\ud7ff", "a\ue000")),
        (Query(partition="P", prefix="a\U0010ffff"), ("a\U0010ffff", "b")),
        (Query(partition="P", prefix="\U0010ffff"), ("\U0010ffff", None)),
    ],
)
def test_the_bounds_of_a_query_are_one_span(query: Query, meant: tuple[str, str | None]) -> None:
    assert span(query) == meant


def test_what_begins_with_a_prefix_and_nothing_else_lies_in_its_span() -> None:
    texts = ["C", "C#", "C#\U0010ffff", "C#A", "C$", "B", "D", "C\U0010ffff", ""]
    lower, upper = span(Query(partition="P", prefix="C#"))
    assert upper is not None
    assert [one for one in texts if lower <= one < upper] == [one for one in texts if one.startswith("C#")]
