"""The ticks' notes survive the table, and none of them is taken back."""

from datetime import timedelta
from decimal import Decimal

import pytest

from omnipub.ports.table import Table
from omnipub.services.scheduling.heartbeat import Heartbeat, beat_of, began, note, served, swept
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from support.world import START, TestBed

LATER = START + timedelta(minutes=1)


@pytest.fixture
def table(bed: TestBed) -> Table:
    return bed.system.world.table


def test_without_notes_nothing_is_known(table: Table) -> None:
    assert beat_of(table) == Heartbeat()


def test_each_note_is_read_as_it_was_written(table: Table) -> None:
    note(table, began(LATER))
    note(table, served(START))
    note(table, swept(START, None, None))
    note(table, swept(LATER, 3, "cursor"))
    assert beat_of(table) == Heartbeat(
        at=LATER, served_at=START, swept_at=START, sweeping_since=LATER, sweep_shard=3, sweep_after="cursor"
    )


def test_notes_stand_in_the_table_as_texts_and_whole_numbers_and_nothing_stands_for_none(table: Table) -> None:
    note(table, began(START))
    item = table.get(keys.heartbeat())
    assert item is not None
    assert {name: value for name, value in item.items() if name not in {"PK", "SK"}} == {
        "at": "2026-11-23T09:00:00.000Z"
    }


def test_the_shard_is_a_whole_number_whatever_the_table_makes_of_it(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    item = plain_item(keys.heartbeat(), sweeping_since=START) | {"sweep_shard": Decimal(2)}
    monkeypatch.setattr(table, "get", lambda _: item)
    shard = beat_of(table).sweep_shard
    assert (shard, type(shard)) == (2, int)


def test_what_a_tick_put_says_when_one_began_only_if_nothing_says_it(table: Table) -> None:
    assert note(table, served(START)).at == START
    note(table, began(LATER))
    assert note(table, served(START)).at == LATER


def test_a_sweep_that_came_to_its_end_forgets_where_it_was(table: Table) -> None:
    note(table, swept(START, 1, "cursor"))
    assert note(table, swept(START, None, None)) == Heartbeat(swept_at=START)
