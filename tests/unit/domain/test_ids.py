from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.ids import RANDOM_BYTES, Parent, ParentKind, checked_channel, checked_id, network_of, new_id
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint, SubjectGroup

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ID = "01KAQ8GQ00000000000000000A"

# Between 2023 and 2038.
milliseconds = st.integers(1_700_000_000_000, 2_147_000_000_000)
randomness = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


def at(millis: int) -> datetime:
    return EPOCH + timedelta(milliseconds=millis)


@settings(deadline=None)
@given(milliseconds, randomness)
def test_a_new_id_is_an_id(millis: int, chance: bytes) -> None:
    text = new_id(at(millis), chance)
    assert checked_id(text) == text


@settings(deadline=None)
@given(milliseconds, randomness, randomness)
def test_an_id_of_a_later_millisecond_sorts_later_whatever_chance_drew(
    millis: int, chance: bytes, other: bytes
) -> None:
    assert new_id(at(millis), chance) < new_id(at(millis + 1), other)


@settings(deadline=None)
@given(milliseconds, randomness, randomness)
def test_ids_of_one_millisecond_differ_as_their_randomness_does(millis: int, chance: bytes, other: bytes) -> None:
    assert (new_id(at(millis), chance) == new_id(at(millis), other)) == (chance == other)


def test_an_id_is_the_ulid_of_its_moment_and_randomness() -> None:
    assert new_id(at(1_469_922_850_259), bytes(RANDOM_BYTES)) == "01ARZ3NDEK" + "0" * 16


def test_an_id_may_be_typed_in_small_letters_and_with_spaces_around() -> None:
    assert checked_id(f" {ID.lower()}\n") == ID


@pytest.mark.parametrize(
    "text",
    [
        "",
        "latest",
        ID[:-1],
        ID + "0",
        "8" + ID[1:],  # more milliseconds than 48 bits hold
        ID[:-1] + "I",
        ID[:-1] + "L",
        ID[:-1] + "O",
        ID[:-1] + "U",
        ID[:-1] + "#",
        "MSG#" + ID,
    ],
)
def test_what_is_not_an_id_is_refused_with_where_to_find_one(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not an id") as caught:
        checked_id(text)
    assert caught.value.hints[1:] == tuple(Hint(action=Action.LIST, group=group) for group in SubjectGroup)


@pytest.mark.parametrize("text", ["facebook", "webhook:team-1", "x2", "linkedin:1", "facebook:" + "a" * 32])
def test_a_channel_is_a_network_or_a_network_with_an_alias(text: str) -> None:
    assert checked_channel(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Facebook",
        "facebook:",
        ":events",
        "facebook:Events",
        "facebook:a:b",
        "facebook:-a",
        "facebook:" + "a" * 33,
        "face book",
        "facebook#1",
        "facebook/1",
        "2facebook",
        "facebook\n",
        "fäcebook",
        "a" * 21,
    ],
)
def test_what_is_not_a_channel_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidInputError, match="is not a channel") as caught:
        checked_channel(text)
    assert "facebook:events" in caught.value.hint


@pytest.mark.parametrize("channel", ["facebook", "facebook:events"])
def test_an_alias_does_not_change_the_network(channel: str) -> None:
    assert network_of(channel) == "facebook"


def test_parents_of_two_kinds_with_one_id_are_two() -> None:
    assert Parent(kind=ParentKind.MESSAGE, id=ID) != Parent(kind=ParentKind.CERTIFICATION, id=ID)
