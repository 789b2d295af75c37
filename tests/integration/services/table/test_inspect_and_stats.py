from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status, legal_events
from omnipub.domain.ids import ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import schedule_at, to_text
from omnipub.errors import InvalidInputError, NotFoundError
from omnipub.ports.table import Key
from omnipub.services.table.inspect import SEALED, InspectedItem, Inspector
from omnipub.services.table.stats import Count, TableCounts, TableStats
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.storage.kinds import ItemKind
from support.seeded import seed
from support.world import CHANNELS, OWNER, START, TestBed


def inspected(bed: TestBed, text: str) -> list[InspectedItem]:
    return Inspector(base=bed.system.base).of(text)


def census(bed: TestBed, cap: int = 1000) -> TableCounts:
    return TableStats(
        base=bed.system.base,
        gate=bed.system.gate,
        networks=tuple(CHANNELS),
        cap=cap,
    ).census()


@pytest.fixture
def message(bed: TestBed) -> str:
    """The id of a message that is out on one channel and scheduled on none."""
    created = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked", "keyed"])
    bed.run_stream()
    return created.id


@pytest.mark.parametrize("spelled", ["{}", "MSG#{}", " MSG#{} "])
def test_an_id_or_its_partition_shows_the_whole_collection_the_message_first(
    bed: TestBed, message: str, spelled: str
) -> None:
    found = inspected(bed, spelled.format(message))
    assert found[0].kind is ItemKind.MESSAGE
    assert sorted(keys.name(one.key).partition("/")[2] for one in found[1:]) == [
        "CHANNEL#keyed",
        "CHANNEL#looked",
    ]


def test_the_key_of_a_delivery_shows_it_with_its_tries_alone(bed: TestBed) -> None:
    bed.network.orders = ["throttle", "throttle"]
    made = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked", "keyed"])
    bed.run_stream()
    found = inspected(bed, f"MSG#{made.id}/CHANNEL#keyed")
    assert [one.kind for one in found] == [ItemKind.ATTEMPT, ItemKind.DELIVERY]


def test_index_entries_stand_beside_what_they_should_be(bed: TestBed, message: str) -> None:
    key = Key(f"MSG#{message}", "CHANNEL#keyed")
    item = bed.system.world.table.get(key)
    assert item is not None
    bed.system.world.table.put(item | {"GSI2PK": "PUBLISHED#other"})
    (one,) = (one for one in inspected(bed, message) if one.key == key)
    (wrong,) = (each for each in one.index_keys if not each.right)
    assert (wrong.name, wrong.there, wrong.allowed) == ("GSI2PK", "PUBLISHED#other", ("PUBLISHED#keyed",))


@pytest.mark.parametrize("status", [Status.SCHEDULED, Status.PUBLISHED])
def test_what_may_follow_is_what_the_lifecycle_says(bed: TestBed, status: Status) -> None:
    at = schedule_at(to_text(START + timedelta(hours=1))) if status is Status.SCHEDULED else None
    created = bed.system.compose.message(owner=OWNER, content=Content(text="x"), channels=["keyed"], schedule=at)
    bed.run_stream()
    (delivery,) = (one for one in inspected(bed, created.id) if one.kind is ItemKind.DELIVERY)
    assert delivery.item["status"] == status.value
    assert {row.event for row in delivery.next} == legal_events(status)


def test_secrets_are_shown_as_sealed_and_never_as_bytes(bed: TestBed) -> None:
    connection = bed.system.accounts.find(OWNER, "keyed")
    assert connection is not None
    found = inspected(bed, f"USER#{OWNER}")
    assert {one.kind for one in found} == {ItemKind.CONNECTION, ItemKind.ACCOUNT}
    said = str([(one.item, one.raw) for one in found])
    assert SEALED in said
    assert connection.sealed not in said


def test_raw_is_dynamodbs_own_json(bed: TestBed, message: str) -> None:
    raw = inspected(bed, message)[0].raw
    assert raw["PK"] == {"S": f"MSG#{message}"}
    assert raw["version"] == {"N": "1"}
    assert raw["content"]["M"]["text"] == {"S": "Hello"}
    assert raw["channels"]["L"] == [{"S": "looked"}, {"S": "keyed"}]


def test_an_item_that_cannot_be_read_is_shown_with_why(bed: TestBed, message: str) -> None:
    key = Key(f"MSG#{message}", "CHANNEL#keyed")
    item = bed.system.world.table.get(key)
    assert item is not None
    bed.system.world.table.put(item | {"status": "gone"})
    (one,) = (one for one in inspected(bed, message) if one.key == key)
    assert "'gone'" in one.problem
    assert one.item["status"] == "gone"
    assert one.next == ()


@pytest.mark.parametrize("key", ["SYSTEM#GATE", "SYSTEM#HEARTBEAT"])
def test_the_systems_own_items_can_be_looked_at(bed: TestBed, key: str) -> None:
    bed.system.gate.enter()
    bed.pass_time(START + timedelta(minutes=1))
    (one,) = inspected(bed, key)
    assert one.kind is ItemKind.SYSTEM


@pytest.mark.parametrize("text", ["", "MSG", "nonsense", "FOO#1", "MSG#", "#", "a b"])
def test_what_is_no_key_is_refused_with_what_one_looks_like(bed: TestBed, text: str) -> None:
    with pytest.raises((InvalidInputError, NotFoundError)) as refused:
        inspected(bed, text)
    assert refused.value.hints


def test_what_is_not_there_is_not_found(bed: TestBed) -> None:
    with pytest.raises(NotFoundError):
        inspected(bed, "01M844K2KM12R6W346XR7QK44W")
    with pytest.raises(NotFoundError):
        inspected(bed, "MSG#01M844K2KM12R6W346XR7QK44W/CHANNEL#facebook")


def test_a_census_counts_what_there_is(bed: TestBed, message: str) -> None:
    assert message
    at = START + timedelta(hours=2)
    for hours in (5, 2):
        bed.system.compose.message(
            owner=OWNER,
            content=Content(text=f"in {hours}"),
            channels=["blind"],
            schedule=schedule_at(to_text(START + timedelta(hours=hours))),
        )
    bed.system.pauses.pause("channel:looked", reason="x", by="ops")
    bed.system.gate.enter()
    bed.pass_time(START + timedelta(minutes=1))
    found = census(bed)
    assert found.parents == {ParentKind.MESSAGE: Count(number=3), ParentKind.CERTIFICATION: Count(number=0)}
    assert found.statuses[Status.SCHEDULED] == Count(number=2)
    assert found.statuses[Status.FAILED] == Count(number=0)
    assert found.published == {"looked": Count(number=1), "keyed": Count(number=1), "blind": Count(number=0)}
    assert found.oldest_due == at
    assert found.heartbeat is not None
    assert found.cursor is not None
    assert found.cursor > found.heartbeat
    assert (found.closed, found.pauses, found.seeded) == ("", Count(number=1), 0)


def test_counting_stops_at_the_cap_in_one_shard_or_in_all(bed: TestBed) -> None:
    bed.system.world.table.put(plain_item(keys.shards(), current=3, highest=3))
    bed.clock.advance(minutes=2)  # longer than the count is remembered
    seed(bed, messages=120)
    everything = census(bed)
    number = everything.statuses[Status.SCHEDULED].number
    assert number > 12
    assert census(bed, cap=number).statuses[Status.SCHEDULED] == Count(number=number)
    assert census(bed, cap=number - 1).statuses[Status.SCHEDULED] == Count(number=number - 1, more=True)
    assert census(bed, cap=2).statuses[Status.SCHEDULED] == Count(number=2, more=True)
    assert everything.seeded == 120
    assert everything.shards.highest == 3


def test_a_closed_gate_is_said_with_its_reason(bed: TestBed) -> None:
    bed.system.gate.shut("was restored from a backup")
    assert "was restored from a backup" in census(bed).closed


def test_a_census_of_nothing_is_zeros(bed: TestBed) -> None:
    found: Any = census(bed)
    assert {count.number for count in found.statuses.values()} == {0}
    assert (found.oldest_due, found.heartbeat, found.cursor) == (None, None, None)
