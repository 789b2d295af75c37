import inspect
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.ports.table import Key
from omnipub.storage import keys

TICK = timedelta(milliseconds=1)
NINE = datetime(2026, 11, 23, 9, tzinfo=UTC)
MESSAGE = Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A")
CERTIFICATION = Parent(kind=ParentKind.CERTIFICATION, id="01KAQ8GQ00000000000000000B")

moments = st.integers(0, 250_000_000_000_000).map(
    lambda millis: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)
)
deliveries = st.builds(
    keys.delivery,
    st.builds(
        Parent,
        kind=st.sampled_from(ParentKind),
        id=st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZ", min_size=26, max_size=26),
    ),
    st.sampled_from(["facebook", "facebook:events", "linkedin"]),
)


# What the design gives and nobody may change.


@pytest.mark.parametrize(
    ("key", "spelled"),
    [
        (keys.metadata(MESSAGE), ("MSG#01KAQ8GQ00000000000000000A", "METADATA")),
        (keys.metadata(CERTIFICATION), ("CERT#01KAQ8GQ00000000000000000B", "METADATA")),
        (keys.delivery(MESSAGE, "facebook"), ("MSG#01KAQ8GQ00000000000000000A", "CHANNEL#facebook")),
        (
            keys.delivery(CERTIFICATION, "linkedin:jobs"),
            ("CERT#01KAQ8GQ00000000000000000B", "CHANNEL#linkedin:jobs"),
        ),
        (keys.attempt(MESSAGE, "facebook", 7), ("MSG#01KAQ8GQ00000000000000000A", "ATTEMPT#facebook#0007")),
        (keys.profile("ada"), ("USER#ada", "PROFILE")),
        (keys.connection("ada", "facebook:b"), ("USER#ada", "CONNECTION#facebook:b")),
        (keys.post("linkedin", "urn:li:share:1"), ("POST#linkedin#urn:li:share:1", "METADATA")),
    ],
)
def test_an_items_key_is_spelled_as_the_design_says(key: Key, spelled: tuple[str, str]) -> None:
    assert key == spelled


@pytest.mark.parametrize(
    ("value", "spelled"),
    [
        (keys.by_owner("ada"), "USER#ada"),
        (keys.owned(MESSAGE), "MSG#01KAQ8GQ00000000000000000A"),
        (keys.owned(CERTIFICATION), "CERT#01KAQ8GQ00000000000000000B"),
        (keys.by_status(Status.SCHEDULED, 0), "STATUS#scheduled"),
        (keys.by_status(Status.SCHEDULED, 3), "STATUS#scheduled#3"),
        (keys.moment_sort(NINE, Key("MSG#1", "CHANNEL#x")), "2026-11-23T09:00:00.000Z#MSG#1#CHANNEL#x"),
    ],
)
def test_the_first_index_is_spelled_as_the_design_says(value: str, spelled: str) -> None:
    assert value == spelled


def test_an_id_that_only_its_owner_has_is_marked_and_one_of_the_network_is_not() -> None:
    assert keys.post("linkedin", "1").pk == "POST#linkedin#1"
    assert keys.post("webhook", "1", "ada").pk == "POST#webhook#of#ada#1"


def test_a_name_leaves_out_the_sort_key_of_a_partitions_main_item() -> None:
    assert keys.name(keys.metadata(MESSAGE)) == f"MSG#{MESSAGE.id}"
    assert keys.name(keys.delivery(MESSAGE, "facebook")) == f"MSG#{MESSAGE.id}/CHANNEL#facebook"


def test_the_slash_in_an_id_that_a_network_gave_parts_nothing() -> None:
    assert keys.named("POST#bluesky#at://did:plc:ada/1") == ("POST#bluesky#at://did:plc:ada/1", None)


def test_different_things_have_different_keys() -> None:
    made = [
        keys.metadata(MESSAGE),
        keys.metadata(CERTIFICATION),
        keys.delivery(MESSAGE, "facebook"),
        keys.delivery(MESSAGE, "facebook:b"),
        keys.attempt(MESSAGE, "facebook", 1),
        keys.attempt(MESSAGE, "facebook", 11),
        keys.attempt(MESSAGE, "facebook:b", 1),
        keys.profile("ada"),
        keys.connection("ada", "facebook"),
        keys.connected_account("ada", "facebook", "1"),
        keys.connected_account("bob", "facebook", "1"),
        keys.idempotency("ada", "k"),
        keys.idempotency("ada", "l"),
        keys.idempotency("bob", "k"),
        keys.post("facebook", "1"),
        keys.post("linkedin", "1"),
        keys.sameness("d"),
        keys.cursor(),
        keys.heartbeat(),
        keys.shards(),
        keys.gate(),
        keys.pause("everything"),
        keys.pause("channel:facebook"),
    ]
    assert len(set(made)) == len(made)


def test_shared_partitions_of_different_lists_never_meet() -> None:
    made = [
        f(shard)
        for shard in (0, 1, 2, 12)
        for f in (
            *(lambda shard, status=status: keys.by_status(status, shard) for status in Status),
            *(lambda shard, kind=kind: keys.everybody(kind, shard) for kind in ParentKind),
            *(lambda shard, net=net: keys.published(net, shard) for net in ("facebook", "linkedin")),
            keys.by_refresh,
            keys.calendar,
        )
    ]
    assert len(set(made)) == len(made)


@pytest.mark.parametrize("made", [keys.by_refresh(0), keys.calendar(0), keys.by_status(Status.HELD, 0)])
def test_shard_0_has_the_bare_name(made: str) -> None:
    assert not made.endswith("#0")


def test_every_key_function_says_what_it_stands_for() -> None:
    functions = [
        (name, function)
        for name, function in inspect.getmembers(keys, inspect.isfunction)
        if function.__module__ == keys.__name__ and not name.startswith("_")
    ]
    assert len(functions) > 20
    for name, function in functions:
        assert inspect.getdoc(function), name


def test_an_idempotency_key_does_not_stand_in_the_table_as_it_came() -> None:
    assert "secret" not in "".join(keys.idempotency("ada", "secret"))


# Reading keys back.


@pytest.mark.parametrize("parent", [MESSAGE, CERTIFICATION])
def test_a_parent_is_read_back_from_its_partition(parent: Parent) -> None:
    assert keys.parent_of(keys.partition(parent)) == parent


@pytest.mark.parametrize("pk", ["USER#ada", "SYSTEM#CURSOR", "", "msg#1", "MSGS#1"])
def test_other_partitions_have_no_parent(pk: str) -> None:
    assert keys.parent_of(pk) is None


@pytest.mark.parametrize("channel", ["facebook", "facebook:events"])
def test_a_channel_is_read_back_from_its_deliverys_sort_key(channel: str) -> None:
    assert keys.channel_of(keys.delivery(MESSAGE, channel).sk) == channel


@pytest.mark.parametrize(
    "sk", [keys.METADATA, keys.attempt(MESSAGE, "facebook", 1).sk, keys.connection("ada", "facebook").sk, ""]
)
def test_other_sort_keys_have_no_channel(sk: str) -> None:
    assert keys.channel_of(sk) is None


@given(moments, deliveries)
def test_the_moment_is_read_back_from_an_indexs_sort_key(at: datetime, key: Key) -> None:
    sort = keys.moment_sort(at, key)
    assert keys.moment_of(sort) + f"#{key.pk}#{key.sk}" == sort


# Order.


@settings(deadline=None)
@given(moments, moments, deliveries, deliveries)
def test_an_indexs_sort_keys_order_by_time_whatever_they_name(
    one: datetime, other: datetime, key: Key, another: Key
) -> None:
    if one != other:
        assert (keys.moment_sort(one, key) < keys.moment_sort(other, another)) == (one < other)


@given(moments, deliveries, deliveries)
def test_two_items_of_one_moment_have_two_places(at: datetime, key: Key, another: Key) -> None:
    assert (keys.moment_sort(at, key) == keys.moment_sort(at, another)) == (key == another)


@settings(deadline=None)
@given(moments, deliveries)
def test_an_upper_bound_includes_its_very_instant_and_excludes_the_next_millisecond(at: datetime, key: Key) -> None:
    assert keys.moment_sort(at, key) < keys.moment_bound(at)
    assert not keys.moment_sort(at + TICK, key) < keys.moment_bound(at)


@settings(deadline=None)
@given(moments, moments, deliveries)
def test_an_upper_bound_includes_exactly_what_is_not_later(bound: datetime, at: datetime, key: Key) -> None:
    assert (keys.moment_sort(at, key) < keys.moment_bound(bound)) == (at <= bound)


@pytest.mark.parametrize(("number", "following"), [(1, 2), (9, 10), (99, 100), (9998, 9999)])
def test_the_tries_of_a_delivery_stand_in_their_order(number: int, following: int) -> None:
    assert keys.attempt(MESSAGE, "facebook", number) < keys.attempt(MESSAGE, "facebook", following)


def test_the_tries_of_one_channel_are_not_those_of_its_aliases() -> None:
    own, aliased = keys.attempt(MESSAGE, "facebook", 1).sk, keys.attempt(MESSAGE, "facebook:b", 1).sk
    assert own.startswith(keys.attempts_prefix("facebook"))
    assert not aliased.startswith(keys.attempts_prefix("facebook"))


def test_a_younger_message_stands_behind_an_older_one_in_its_owners_list() -> None:
    assert keys.owned(MESSAGE) < keys.owned(Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ01000000000000000A"))


@pytest.mark.parametrize("kind", ParentKind)
def test_an_owners_list_of_one_kind_holds_that_kind_only(kind: ParentKind) -> None:
    for parent in (MESSAGE, CERTIFICATION):
        listed = keys.owned_from(kind, None) <= keys.owned(parent) < keys.owned_until(kind, None)
        assert listed == (parent.kind is kind)


# Shards.


@given(st.text(max_size=30), st.integers(1, 64))
def test_a_shard_lies_within_the_count(name: str, count: int) -> None:
    assert 0 <= keys.shard_of(name, count) < count


def test_with_one_shard_everything_is_in_it() -> None:
    assert {keys.shard_of(str(number), 1) for number in range(100)} == {0}


def test_ids_spread_evenly_over_the_shards() -> None:
    counts = [0] * 8
    for number in range(8000):
        counts[keys.shard_of(f"01KAQ8GQ{number:018d}", 8)] += 1
    assert all(850 < count < 1150 for count in counts)


@pytest.mark.parametrize(
    ("name", "shard"), [("", 2), ("01KAQ8GQ00000000000000000A", 4), ("urn:li:person:1", 12), ("ä", 15)]
)
def test_the_shard_of_a_name_is_the_same_in_every_release(name: str, shard: int) -> None:
    assert keys.shard_of(name, 16) == shard
