"""Lists: every filter finds what it should, page by page, and reads as much however much there is."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.domain.delivery.lifecycle import Status, overall
from omnipub.domain.ids import ParentKind
from omnipub.domain.message import Message
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Page, Query
from omnipub.services.messages.filters import STATUSES, Filter
from omnipub.services.messages.query_plan import READ_AT_MOST
from omnipub.services.messages.read import Viewer
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from support.populated import MINUTE, CountingTable, message, write
from support.world import START, TestBed, make_bed

OPERATOR = Viewer(owner="op", operator=True)
BEGAN = START - timedelta(days=10)
Made = list[tuple[Message, Mapping[str, Status]]]


def mixed(count: int) -> Made:
    """Messages of two owners to one or two channels, in all states in turn."""
    states = list(Status)
    made: Made = []
    for number in range(count):
        channels = [("looked",), ("keyed", "blind"), ("looked", "blind")][number % 3]
        statuses = {name: states[(number + place * 5) % len(states)] for place, name in enumerate(channels)}
        subject = message(number, BEGAN, owner=("ada", "bob")[number // 2 % 2], channels=channels)
        imported = {0: "launch.csv", 1: "launch.csv.old"}.get(number % 4, "")
        made.append((replace(subject, imported=imported), statuses))
    return made


def fits(one: tuple[Message, Mapping[str, Status]], asked: Filter) -> bool:
    """What the filter means, said without the code that reads."""
    subject, statuses = one
    if asked.owner and subject.owner != asked.owner:
        return False
    if asked.since and subject.created_at < asked.since:
        return False
    if asked.until and subject.created_at >= asked.until:
        return False
    if asked.due_after and subject.schedule.at < asked.due_after:
        return False
    if asked.due_before and subject.schedule.at >= asked.due_before:
        return False
    if asked.text.lower() not in subject.content.text or asked.imported not in {"", subject.imported}:
        return False
    named = {channel: status for channel, status in statuses.items() if asked.channel in {"", channel}}
    if asked.status.startswith("partially"):
        return bool(named) and overall(statuses.values()) == asked.status
    return bool(named) and (not asked.status or asked.status in named.values())


@pytest.fixture(scope="module", params=[1, 3], ids=["one shard", "three shards"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[TestBed, Made]]:
    path = tmp_path_factory.mktemp("lists")
    bed = make_bed(path)
    made = mixed(132)
    bed.system.world.table.put(plain_item(keys.shards(), current=request.param, highest=request.param))
    write(bed.system.world.table, made, shards=request.param)
    bed.clock.advance(minutes=2)  # the shard count of an empty table is forgotten
    yield bed, made
    bed.close()


def paged(bed: TestBed, asked: Filter, viewer: Viewer = OPERATOR, limit: int = 7) -> list[str]:
    found, cursor, pages = [], None, 0
    while True:
        page = bed.system.lists.page(ParentKind.MESSAGE, viewer, asked, limit=limit, after=cursor)
        assert len(page.rows) <= limit
        found += [row.parent.id for row in page.rows]
        cursor, pages = page.cursor, pages + 1
        if cursor is None:
            return found
        assert pages < 200


SPANS: list[dict[str, Any]] = [
    {},
    {"since": BEGAN + 30 * MINUTE},
    {"until": BEGAN + 90 * MINUTE},
    {"since": BEGAN + 30 * MINUTE, "until": BEGAN + 90 * MINUTE},
    {"due_after": BEGAN + 30 * MINUTE},
    {"due_after": BEGAN + 30 * MINUTE, "due_before": BEGAN + 90 * MINUTE, "since": BEGAN + 31 * MINUTE},
    {"text": "NUMBER 1"},
    {"imported": "launch.csv"},
    {"imported": "launch.csv", "text": "ber 1", "due_before": BEGAN + 110 * MINUTE},
]


@pytest.mark.parametrize("status", ["", *STATUSES])
def test_every_filter_finds_all_that_fit_and_each_once(full: tuple[TestBed, Made], status: str) -> None:
    bed, made = full
    found = 0
    for channel, owner, span in product(["", "blind", "keyed"], ["", "ada"], SPANS):
        asked = Filter(status=status, channel=channel, owner=owner, **span)
        wanted = [one.id for one, statuses in made if fits((one, statuses), asked)]
        assert sorted(paged(bed, asked)) == sorted(wanted), asked
        found += len(wanted)
    assert found


@pytest.mark.parametrize("asked", [Filter(), Filter(owner="ada"), Filter(channel="blind"), Filter(status="cancelled")])
def test_what_was_composed_last_comes_first(full: tuple[TestBed, Made], asked: Filter) -> None:
    found = paged(full[0], asked)
    assert found == sorted(found, reverse=True)


def test_an_owner_sees_their_own_whatever_they_narrow_it_to(full: tuple[TestBed, Made]) -> None:
    bed, made = full
    for status in ("", "failed", "published", "draft"):
        wanted = [one.id for one, statuses in made if fits((one, statuses), Filter(owner="bob", status=status))]
        assert sorted(paged(bed, Filter(status=status), Viewer(owner="bob"))) == sorted(wanted)
    assert paged(bed, Filter(owner="bob"), Viewer(owner="bob")) == paged(bed, Filter(), Viewer(owner="bob"))
    with pytest.raises(InvalidInputError, match="Only operators"):
        paged(bed, Filter(owner="ada"), Viewer(owner="bob"))


def test_certifications_are_not_listed_as_messages(full: tuple[TestBed, Made]) -> None:
    bed, _ = full
    for status in ("", "failed", "published", "cancelled"):
        assert bed.system.lists.page(ParentKind.CERTIFICATION, OPERATOR, Filter(status=status)).rows == ()


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (Filter(status="sent"), "'sent' is not a status"),
        (Filter(channel="Face Book"), "is not a channel"),
        (Filter(channel="myspace"), "a network we know"),
        (Filter(since=START, until=START), "since must lie before until"),
        (Filter(due_after=START, due_before=START), "due_after must lie before due_before"),
    ],
)
def test_a_filter_that_nothing_can_fit_is_refused(full: tuple[TestBed, Made], asked: Filter, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as refused:
        paged(full[0], asked)
    assert refused.value.hint


@pytest.mark.parametrize("limit", [0, 101, -1])
def test_a_page_has_one_to_a_hundred_rows(full: tuple[TestBed, Made], limit: int) -> None:
    with pytest.raises(InvalidInputError, match="1 to 100"):
        paged(full[0], Filter(), limit=limit)


BY_ID, BY_MOMENT = keys.owned_from(ParentKind.MESSAGE, START), "2026-11-23T09:00:00.000Z#MSG#1#CHANNEL#blind"


@pytest.mark.parametrize(
    ("asked", "after"),
    [
        (Filter(), "x"),
        (Filter(), ""),
        (Filter(), BY_MOMENT),
        (Filter(), BY_ID.replace("MSG", "CERT")),
        (Filter(status="failed"), BY_ID),
        (Filter(status="published"), "2026-11-23#MSG#1#CHANNEL#blind"),
        (Filter(owner="ada", status="failed"), BY_MOMENT),
    ],
)
def test_a_cursor_of_another_list_is_refused(full: tuple[TestBed, Made], asked: Filter, after: str) -> None:
    with pytest.raises(InvalidInputError, match="not one of ours"):
        full[0].system.lists.page(ParentKind.MESSAGE, OPERATOR, asked, after=after)


class LaggingTable(SqliteTable):
    """Something happens right after an index was read."""

    then: Callable[[], object] | None = None

    def query(self, query: Query) -> Page:
        page = super().query(query)
        if self.then is not None and query.index is not None:
            then, self.then = self.then, None
            then()
        return page


def test_what_moved_since_the_index_was_read_is_left_out(tmp_path: Path) -> None:
    table = LaggingTable(tmp_path / "table.db")
    bed = make_bed(tmp_path, table=table)
    write(table, [(message(0, BEGAN, owner="ada", channels=["looked"]), {"looked": Status.FAILED})])
    (row,) = bed.system.lists.page(ParentKind.MESSAGE, OPERATOR, Filter(status="failed")).rows
    table.then = lambda: bed.system.operate.retry(row.parent, OPERATOR)
    assert bed.system.lists.page(ParentKind.MESSAGE, OPERATOR, Filter(status="failed")).rows == ()
    assert table.then is None
    bed.close()


SIZES = (800, 5_000)
STATES = (Status.FAILED, Status.SCHEDULED, Status.PUBLISHED, Status.CANCELLED)
BOTH = ("looked", "keyed")


@pytest.fixture(scope="module")
def sizes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[tuple[TestBed, CountingTable]]]:
    """Tables of two sizes that hold nothing for `blind`, so that pages narrowed to it read as far as they may."""
    beds = []
    for size in SIZES:
        path = tmp_path_factory.mktemp(f"size{size}")
        table = CountingTable(path / "table.db")
        bed = make_bed(path, table=table)
        subjects = [message(number, BEGAN, owner="ada", channels=BOTH) for number in range(size)]
        write(table, [(one, dict.fromkeys(BOTH, STATES[number % 4])) for number, one in enumerate(subjects)])
        beds.append((bed, table))
    yield beds
    for bed, _ in beds:
        bed.close()


@pytest.mark.parametrize("status", ["", *(status.value for status in STATES), "partially_failed"])
def test_a_page_reads_as_much_of_a_small_table_as_of_a_large_one(
    sizes: list[tuple[TestBed, CountingTable]], status: str
) -> None:
    for channel, owner, span in product(["", "looked", "blind"], ["", "ada"], SPANS[:2]):
        asked = Filter(status=status, channel=channel, owner=owner, **span)
        read = []
        for bed, table in sizes:
            bed.system.lists.page(ParentKind.MESSAGE, OPERATOR, asked)
            table.read = 0
            bed.system.lists.page(ParentKind.MESSAGE, OPERATOR, asked)
            read.append(table.read)
        assert read[0] == read[1], asked
        # Each entry may cost its message and both its deliveries.
        assert read[0] <= READ_AT_MOST * 4


def test_a_page_that_ends_short_goes_on(sizes: list[tuple[TestBed, CountingTable]]) -> None:
    bed, _ = sizes[0]
    page = bed.system.lists.page(ParentKind.MESSAGE, OPERATOR, Filter(channel="blind"))
    assert page.rows == ()
    assert page.cursor is not None
    assert paged(bed, Filter(channel="blind")) == []


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("strasse", {"content": {"text": "In der Straße"}}),
        ("STRASSE", {"content": {"text": "In der Straße"}}),
        ("cafe\u0301", {"content": {"text": "Im Café"}}),
        ("office", {"content": {"hashtags": ["New", "OFFICE"]}}),
        ("example.com", {"content": {"link": "https://example.com/a"}}),
        ("for work", {"content": {"text": "x", "variants": {"linkedin": {"text": "Only for work"}}}}),
        ("ada", {"member": "Ada Lovelace", "excerpt": "x"}),
        ("proud", {"personal_message": "We are proud"}),
        ("solutions", {"excerpt": "Ada: Solutions Architect"}),
    ],
)
def test_a_text_is_found_wherever_readers_see_it(text: str, head: dict[str, Any]) -> None:
    assert Filter(text=text).fits_head(head)
    assert not Filter(text=f"{text} not there").fits_head(head)


def test_a_text_is_not_found_in_what_nobody_reads() -> None:
    head = {"owner": "ada", "write_id": "ada", "content": {"text": "Hello"}, "channels": ["facebook"]}
    assert not Filter(text="ada").fits_head(head)
    assert not Filter(text="facebook").fits_head(head)
