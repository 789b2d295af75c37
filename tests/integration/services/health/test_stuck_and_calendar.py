"""What needs somebody, worst first; and what is due when, with what it is about, in as many reads as rows ask for."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.errors import InvalidInputError
from omnipub.services.health.stuck import LATE, WORST_FIRST
from omnipub.services.messages.filters import Filter
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from support.populated import MINUTE, CountingTable, message, write
from support.world import START, TestBed, make_bed

BEGAN = START - timedelta(minutes=60)
EVER = {"since": START - timedelta(days=30), "until": START + timedelta(days=30)}
CHANNELS = ("looked", "keyed", "blind")


@pytest.fixture(params=[1, 3], ids=["one shard", "three shards"])
def full(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[TestBed]:
    """A table with every status sixty times, a message each minute until now, an hour long."""
    table = CountingTable(tmp_path / "table.db")
    bed = make_bed(tmp_path, table=table)
    table.put(plain_item(keys.shards(), current=request.param, highest=request.param))
    subjects = [message(number, BEGAN, owner=("ada", "bob")[number % 2], channels=CHANNELS) for number in range(120)]
    states = list(Status)
    made = [
        (one, {channel: states[(number + place) % len(states)] for place, channel in enumerate(CHANNELS)})
        for number, one in enumerate(subjects)
    ]
    write(table, made, shards=request.param)
    bed.clock.advance(minutes=2)  # the shard count of an empty table is forgotten
    yield bed
    bed.close()


def test_what_needs_somebody_comes_worst_first_and_the_longest_waiting_before_others(full: TestBed) -> None:
    found, more = full.system.stuck.rows(limit=100)
    assert (len(found), more) == (100, True)
    placed = [(WORST_FIRST.index(one.delivery.status), one.delivery.next_at) for one in found]
    assert placed == sorted(placed)  # type: ignore[type-var]
    assert all(one.excerpt.startswith("number ") for one in found)


def test_only_what_is_late_of_what_goes_on_by_itself_needs_somebody(tmp_path: Path) -> None:
    bed = make_bed(tmp_path)
    subjects = [message(number, START - 5 * MINUTE, owner="ada", channels=["looked"]) for number in range(12)]
    states = [Status.SCHEDULED, Status.PUBLISHING, Status.PUBLISHED, Status.CANCELLED]
    write(bed.system.world.table, [(one, {"looked": states[number % 4]}) for number, one in enumerate(subjects)])
    found, more = bed.system.stuck.rows()
    assert [one.delivery.status for one in found] == [Status.PUBLISHING, Status.SCHEDULED]
    assert all(one.delivery.next_at is not None and one.delivery.next_at <= START - LATE for one in found)
    assert not more
    bed.close()


def test_nothing_stuck_is_an_empty_list(bed: TestBed) -> None:
    assert bed.system.stuck.rows() == ([], False)


@pytest.mark.parametrize("limit", [1, 20, 100])
def test_the_rows_asked_for_bound_what_is_read(full: TestBed, limit: int) -> None:
    table = full.system.world.table
    assert isinstance(table, CountingTable)
    full.system.stuck.rows(limit=limit)
    table.read = 0
    found, _ = full.system.stuck.rows(limit=limit)
    assert len(found) == limit
    shards = len(full.system.base.shards.count(full.clock.now()).all())
    # Of each status an entry more than wanted in each shard, and each row's delivery and message.
    assert table.read <= len(WORST_FIRST) * shards * (limit + 1) + 2 * limit


@pytest.mark.parametrize("limit", [0, 101])
def test_limits_are_checked(bed: TestBed, limit: int) -> None:
    with pytest.raises(InvalidInputError):
        bed.system.stuck.rows(limit=limit)
    with pytest.raises(InvalidInputError):
        bed.system.calendar.page(**EVER, limit=limit)


def paged(bed: TestBed, *, channel: str = "", owner: str = "", limit: int = 9) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    cursor: str | None = None
    pages = 0
    while True:
        page = bed.system.calendar.page(**EVER, wanted=Filter(channel=channel, owner=owner), limit=limit, after=cursor)
        assert len(page.rows) <= limit
        found += [(one.delivery.parent.id, one.delivery.channel) for one in page.rows]
        cursor, pages = page.cursor, pages + 1
        if cursor is None:
            return found
        assert pages < 100


@pytest.mark.parametrize(("channel", "owner"), [("", ""), ("blind", ""), ("", "bob"), ("keyed", "ada")])
def test_the_calendar_pages_through_all_that_fits_in_due_order(full: TestBed, channel: str, owner: str) -> None:
    found = paged(full, channel=channel, owner=owner)
    whole = [one.delivery for one in full.system.calendar.page(**EVER, limit=100).rows]
    assert len(found) == len(set(found))
    assert found == sorted(found)  # ids order by the moment they were made at, which was their due moment
    first = [one for one in whole if channel in {"", one.channel} and owner in {"", one.owner}]
    assert found[: len(first)] == [(one.parent.id, one.channel) for one in first]
    out = {Status.PUBLISHED, Status.CANCELLED}
    expected = [
        (subject.id, name)
        for number, subject in enumerate(
            message(number, BEGAN, owner=("ada", "bob")[number % 2], channels=CHANNELS) for number in range(120)
        )
        for place, name in enumerate(CHANNELS)
        if list(Status)[(number + place) % len(Status)] not in out
        and channel in {"", name}
        and owner in {"", subject.owner}
    ]
    assert sorted(found) == sorted(expected)


def test_the_calendar_finds_a_text_however_many_pages_it_takes(full: TestBed) -> None:
    found, cursor = [], None
    while True:
        page = full.system.calendar.page(**EVER, wanted=Filter(text="Number 11"), limit=9, after=cursor)
        found += [one.excerpt for one in page.rows]
        assert page.read >= len(page.rows)
        cursor = page.cursor
        if cursor is None:
            break
    assert set(found) == {f"number {number}" for number in (11, *range(110, 120))}
    assert full.system.calendar.page(**EVER, wanted=Filter(imported="launch.csv"), limit=9).rows == ()


def test_the_calendar_says_what_each_is_about_in_one_batch(full: TestBed) -> None:
    table = full.system.world.table
    assert isinstance(table, CountingTable)
    full.system.calendar.page(**EVER, limit=20)
    table.read = 0
    page = full.system.calendar.page(**EVER, limit=20)
    assert len(page.rows) == 20
    assert all(one.excerpt.startswith("number ") for one in page.rows)
    assert table.read <= 20 * len(full.system.base.shards.count(full.clock.now()).all()) + 2 * 20


@pytest.mark.parametrize("after", ["x", "", "MSG#1"])
def test_a_cursor_of_another_list_is_refused(bed: TestBed, after: str) -> None:
    with pytest.raises(InvalidInputError, match="not one of ours"):
        bed.system.calendar.page(**EVER, after=after)


def test_the_calendar_refuses_what_nothing_can_fit(bed: TestBed) -> None:
    with pytest.raises(InvalidInputError, match="a network we know"):
        bed.system.calendar.page(**EVER, wanted=Filter(channel="myspace"))
    with pytest.raises(InvalidInputError, match="since must lie before"):
        bed.system.calendar.page(since=START, until=START - MINUTE)
