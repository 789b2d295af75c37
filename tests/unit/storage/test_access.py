import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind, new_id
from omnipub.ports.table import Key, Query
from omnipub.storage import access, keys
from omnipub.storage.schema import INDEXES

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
PARENT = Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A")
KEY = Key("MSG#1", "CHANNEL#facebook")

QUERIES: dict[str, Callable[[], Query]] = {
    "collection": lambda: access.collection(PARENT),
    "of sandbox": lambda: access.of_sandbox(keys.sandbox_pictures(), prefix="0#"),
    "of owner": lambda: access.of_owner("ada", ParentKind.MESSAGE, limit=20),
    "of everybody": lambda: access.of_everybody(ParentKind.MESSAGE, 0, limit=20),
    "calendar": lambda: access.calendar(0, since=NOON, until=NOON + MINUTE, limit=20),
    "published on": lambda: access.published_on("facebook", 0, since=NOON, limit=20),
    "notice targets": access.notice_targets,
    "causes": access.causes,
    "due": lambda: access.due(0, since=NOON, until=NOON + MINUTE),
    "overdue": lambda: access.overdue(0, until=NOON),
    "leases ending": lambda: access.leases_ending(0, until=NOON),
    "latest with status": lambda: access.latest_with_status(Status.HELD, 0, limit=20),
    "latest published on": lambda: access.latest_published_on("facebook", 0, limit=20),
    "late with status": lambda: access.late_with_status(Status.SCHEDULED, 0, until=NOON, limit=20),
    "with status": lambda: access.with_status(Status.HELD, 0),
    "connections": lambda: access.connections("ada"),
    "tokens ending": lambda: access.tokens_ending(0, until=NOON, limit=20),
    "pauses": access.pauses,
    "circuit breakers": access.circuit_breakers,
    "releases": access.releases,
    "whole partition": lambda: access.whole_partition("USER#ada"),
}


def reads(query: Query, sort: str) -> bool:
    """Whether a sort key lies in a query's range."""
    return (
        (query.prefix is None or sort.startswith(query.prefix))
        and (query.at_least is None or sort >= query.at_least)
        and (query.below is None or sort < query.below)
    )


def at(moment: datetime) -> str:
    return keys.moment_sort(moment, KEY)


def test_every_way_into_the_table_has_its_row() -> None:
    assert {row.name for row in access.PATHS} == {*QUERIES, "everything"}


@pytest.mark.parametrize("name", QUERIES)
def test_a_row_names_the_index_that_its_query_reads(name: str) -> None:
    (row,) = (row for row in access.PATHS if row.name == name)
    assert row.index == (QUERIES[name]().index or "table")
    assert row.index in {"table", *INDEXES}


@pytest.mark.parametrize("name", QUERIES)
def test_a_row_spells_the_partition_that_its_query_reads(name: str) -> None:
    (row,) = (row for row in access.PATHS if row.name == name)
    spelled = re.sub(r"<[^>]+>", "", row.condition)
    fixed = re.match(r"[A-Z]+#?", QUERIES[name]().partition)
    assert fixed is not None
    assert fixed.group() in spelled


@pytest.mark.parametrize("name", QUERIES)
def test_every_query_reads_one_partition_and_a_bounded_number_of_items(name: str) -> None:
    query = QUERIES[name]()
    assert query.partition
    assert 0 < query.limit <= access.PAGE


def test_lists_read_newest_first() -> None:
    for name in ("of owner", "of everybody", "latest with status", "latest published on"):
        assert QUERIES[name]().newest_first


def test_what_waits_is_read_oldest_first() -> None:
    for name in ("calendar", "due", "overdue", "leases ending", "with status", "late with status"):
        assert not QUERIES[name]().newest_first


@pytest.mark.parametrize("kind", ParentKind)
@pytest.mark.parametrize("since", [None, NOON])
@pytest.mark.parametrize("until", [None, NOON + MINUTE])
def test_a_list_by_id_reads_what_was_composed_in_a_span_its_upper_end_excluded(
    kind: ParentKind, since: datetime | None, until: datetime | None
) -> None:
    def composed(moment: datetime, randomness: bytes) -> str:
        return keys.owned(Parent(kind=kind, id=new_id(moment, randomness)))

    lowest, highest = bytes(10), b"\xff" * 10
    for query in (
        access.of_owner("ada", kind, limit=20, since=since, until=until),
        access.of_everybody(kind, 0, limit=20, since=since, until=until),
    ):
        assert reads(query, composed(NOON - TICK, highest)) == (since is None)
        assert reads(query, composed(NOON, lowest))
        assert reads(query, composed(NOON + MINUTE - TICK, highest))
        assert reads(query, composed(NOON + MINUTE, lowest)) == (until is None)


def test_a_list_goes_on_below_its_cursor_and_never_above_its_end() -> None:
    cursor = keys.owned(PARENT)
    assert access.of_owner("ada", ParentKind.MESSAGE, limit=1, below=cursor).below == cursor
    before = access.of_everybody(
        ParentKind.MESSAGE, 0, limit=1, until=datetime(2020, 1, 1, tzinfo=UTC), below=cursor
    ).below
    assert before is not None
    assert before < cursor


def test_the_calendar_goes_on_above_its_cursor_alone() -> None:
    cursor = at(NOON)
    query = access.calendar(0, since=NOON, until=NOON, limit=1, above=cursor)
    assert not reads(query, cursor)
    assert reads(query, f"{cursor}:events")
    assert reads(query, keys.moment_sort(NOON, Key("MSG#1", "CHANNEL#linkedin")))


@pytest.mark.parametrize(
    ("sort", "named"),
    [
        (at(NOON), Parent(kind=ParentKind.MESSAGE, id="1")),
        (
            keys.moment_sort(NOON, Key("CERT#2", "CHANNEL#facebook:events")),
            Parent(kind=ParentKind.CERTIFICATION, id="2"),
        ),
        ("MSG#1", None),
        ("2026-11-23T12:00:00.000Z#USER#1#CHANNEL#facebook", None),
        ("yesterday#MSG#1#CHANNEL#facebook", None),
        ("2026-11-23T12:00:00.000Z#MSG#1", None),
        ("", None),
    ],
)
def test_a_cursor_by_moment_names_a_delivery_or_is_none(sort: str, named: Parent | None) -> None:
    assert keys.named_in(sort) == named


@pytest.mark.parametrize("kind", ParentKind)
def test_an_owners_list_reads_one_kind_only(kind: ParentKind) -> None:
    query = access.of_owner("ada", kind, limit=20)
    for other in ParentKind:
        assert reads(query, keys.owned(Parent(kind=other, id=PARENT.id))) == (other is kind)


def test_connections_leave_the_rest_of_a_user_out() -> None:
    query = access.connections("ada")
    assert reads(query, keys.connection("ada", "facebook").sk)
    assert not reads(query, keys.profile("ada").sk)
    assert not reads(query, keys.connected_account("ada", "facebook", "1").sk)


def test_a_collection_holds_message_deliveries_and_tries() -> None:
    query = access.collection(PARENT)
    for key in (keys.metadata(PARENT), keys.delivery(PARENT, "facebook"), keys.attempt(PARENT, "facebook", 1)):
        assert query.partition == key.pk
        assert reads(query, key.sk)


@pytest.mark.parametrize("name", ["calendar", "due"])
def test_a_span_includes_both_its_ends_and_nothing_beyond(name: str) -> None:
    query = QUERIES[name]()
    assert [reads(query, at(moment)) for moment in (NOON - TICK, NOON, NOON + MINUTE, NOON + MINUTE + TICK)] == [
        False,
        True,
        True,
        False,
    ]


def test_a_lease_that_ends_at_that_very_instant_is_read() -> None:
    query = access.leases_ending(0, until=NOON)
    assert reads(query, at(NOON))
    assert not reads(query, at(NOON + TICK))


def test_what_was_published_at_that_very_instant_is_read() -> None:
    query = QUERIES["published on"]()
    assert reads(query, at(NOON))
    assert not reads(query, at(NOON - TICK))


def test_what_came_out_last_is_bounded_below_only_where_that_is_asked() -> None:
    bounded = access.latest_published_on("facebook", 0, limit=20, since=NOON)
    assert [reads(bounded, at(moment)) for moment in (NOON - TICK, NOON)] == [False, True]
    assert reads(access.latest_published_on("facebook", 0, limit=20), at(NOON - TICK))


@pytest.mark.parametrize("moment", [NOON - 1000 * MINUTE, NOON - TICK, NOON, NOON + TICK, NOON + MINUTE])
def test_due_and_overdue_together_read_everything_up_to_the_horizon_once(moment: datetime) -> None:
    queries = [access.due(0, since=NOON, until=NOON + MINUTE), access.overdue(0, until=NOON)]
    assert sum(reads(query, at(moment)) for query in queries) == 1


@pytest.mark.parametrize("shard", [0, 1, 7])
def test_every_shared_partition_is_read_shard_by_shard(shard: int) -> None:
    sharded = [
        access.of_everybody(ParentKind.MESSAGE, shard, limit=1),
        access.calendar(shard, since=NOON, until=NOON, limit=1),
        access.published_on("facebook", shard, since=NOON, limit=1),
        access.due(shard, since=NOON, until=NOON),
        access.overdue(shard, until=NOON),
        access.leases_ending(shard, until=NOON),
        access.with_status(Status.HELD, shard),
        access.latest_with_status(Status.HELD, shard, limit=1),
        access.latest_published_on("facebook", shard, limit=1),
        access.late_with_status(Status.HELD, shard, until=NOON, limit=1),
    ]
    for query in sharded:
        assert query.partition.endswith(f"#{shard}") == (shard > 0)


def test_a_cursor_is_handed_through() -> None:
    assert access.with_status(Status.HELD, 0, after="c").after == "c"


def test_the_documents_table_has_a_line_for_each_row() -> None:
    lines = access.table().splitlines()
    assert len(lines) == len(access.PATHS) + 2
    for row, line in zip(access.PATHS, lines[2:], strict=True):
        assert all(part in line for part in (row.name, row.serves, row.index, row.condition))
