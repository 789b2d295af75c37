"""What is read for a look does not grow with the table: each look at a table and at one eight times as large."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.services.messages.filters import Filter
from omnipub.services.messages.read import Viewer
from omnipub.services.table.stats import TableStats
from support.populated import CountingTable, message, write
from support.world import CHANNELS, OWNER, START, TestBed, make_bed

OPERATOR = Viewer(owner="op", operator=True)
BEGAN = START - timedelta(days=30)
SIZES = (500, 4_000)
BOTH = ("looked", "keyed")
STATES = (Status.FAILED, Status.SCHEDULED, Status.PUBLISHED, Status.HELD, Status.MISSED)
EVER = {"since": BEGAN, "until": START + timedelta(days=900)}

Pair = list[tuple[TestBed, CountingTable]]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    beds: Pair = []
    for size in SIZES:
        path = tmp_path_factory.mktemp(f"size{size}")
        table = CountingTable(path / "table.db")
        bed = make_bed(path, table=table)
        subjects = [message(number, BEGAN, owner=OWNER, channels=BOTH) for number in range(size)]
        write(table, [(one, dict.fromkeys(BOTH, STATES[number % 5])) for number, one in enumerate(subjects)])
        beds.append((bed, table))
    yield beds
    for bed, _ in beds:
        bed.close()


def counting(bed: TestBed) -> TableStats:
    system = bed.system
    return TableStats(
        base=system.base,
        gate=system.gate,
        networks=tuple(CHANNELS),
        cap=20,
    )


LOOKS: dict[str, Callable[[TestBed], object]] = {
    "schedule list": lambda bed: bed.system.calendar.page(**EVER),
    "schedule list --limit 100": lambda bed: bed.system.calendar.page(**EVER, limit=100),
    "schedule list --channel": lambda bed: bed.system.calendar.page(**EVER, wanted=Filter(channel="looked")),
    "schedule list --owner": lambda bed: bed.system.calendar.page(**EVER, wanted=Filter(owner=OWNER)),
    "schedule list of what there is not": lambda bed: bed.system.calendar.page(
        **EVER, wanted=Filter(channel="blind", owner="bob")
    ),
    "messages stuck": lambda bed: bed.system.stuck.rows(),
    "messages show": lambda bed: bed.system.showing.one(_third(), OPERATOR),
    "certs list --status": lambda bed: bed.system.lists.page(
        ParentKind.CERTIFICATION, OPERATOR, Filter(status="failed")
    ),
    "connections list": lambda bed: (bed.system.accounts.of(OWNER), bed.system.backlog.of(Status.HELD, at_most=60)),
    "doctor": lambda bed: bed.system.checkup.look(OWNER, running=True),
    "table stats": lambda bed: counting(bed).census(),
}
"""As the command line asks for them."""

AT_MOST = 600
"""Items that the greediest of them is handed: a page, with a message and two deliveries for each of its entries."""


def _third() -> Parent:
    return Parent(kind=ParentKind.MESSAGE, id=message(3, BEGAN, owner=OWNER, channels=BOTH).id)


@pytest.mark.parametrize("look", LOOKS)
def test_a_look_reads_as_much_of_a_small_table_as_of_a_large_one(pair: Pair, look: str) -> None:
    read = []
    for bed, table in pair:
        LOOKS[look](bed)  # what is kept from a first look, as the count of shards, is not read again
        table.read = 0
        LOOKS[look](bed)
        read.append(table.read)
    assert read[0] == read[1]
    assert 0 < read[0] <= AT_MOST
