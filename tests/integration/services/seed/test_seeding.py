from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.config import Mode, Settings
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import ParentKind
from omnipub.domain.message import Content
from omnipub.errors import ConfigurationError, ConflictError, InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.names import PRODUCTION, SEED_OWNER
from omnipub.ports.table import Item
from omnipub.services.messages.read import Viewer
from omnipub.services.table.verify import Verifier
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_of, key_of
from omnipub.storage.schema import INDEXES
from support.seeded import seed, seeding, unseed
from support.world import OWNER, START, TestBed, WorkerKilledError, make_bed


def everything(bed: TestBed) -> list[Item]:
    return list(access.everything(bed.system.world.table))


def test_the_same_seed_gives_the_same_items_in_every_table(bed: TestBed, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_bed(tmp_path / "other")
    connected = {key_of(item) for item in everything(bed)}
    written = seed(bed, number=7)
    other.clock.advance(hours=3)
    seed(other, number=7)
    first, second = ([item for item in everything(one) if key_of(item) not in connected] for one in (bed, other))
    assert first == second
    assert len(first) == written + 1  # and the record
    other.close()


def test_another_seed_gives_other_items(bed: TestBed, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = make_bed(tmp_path / "other")
    seed(bed, number=1)
    seed(other, number=2)
    first, second = (
        {item["PK"] for item in everything(one) if keys.parent_of(item["PK"]) is not None} for one in (bed, other)
    )
    assert len(first) == len(second) == 60
    assert not first & second
    other.close()


def test_what_was_seeded_is_as_sound_as_what_was_composed(bed: TestBed) -> None:
    seed(bed, messages=1000)
    found = Verifier(base=bed.system.base).verify(progress=lambda _: None)
    assert found.findings == ()
    assert found.items["message"] + found.items["certification"] == 1000
    statuses = Counter(delivery_of(item).status for item in everything(bed) if keys.channel_of(item["SK"]))
    assert set(statuses) == set(Status) - {Status.PUBLISHING}


def test_what_was_seeded_stands_in_the_lists(bed: TestBed) -> None:
    seed(bed)
    page = bed.system.world.table.query(access.of_owner(SEED_OWNER, ParentKind.MESSAGE, limit=100))
    assert len(page.items) > 50
    parent = keys.parent_of(page.items[0]["PK"])
    assert parent is not None
    assert bed.system.showing.one(parent, Viewer(owner=SEED_OWNER)).deliveries


def test_nothing_seeded_is_ever_sent_and_ticks_meet_no_flood(bed: TestBed) -> None:
    seed(bed, messages=300)
    bed.pass_time(START + timedelta(minutes=10))
    assert [facts["due"] for facts in bed.journal.named("tick")] == [0] * 10
    bed.clock.time = START + timedelta(days=400)
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    assert bed.network.posts == []
    assert bed.network.looks == 0
    left = [delivery_of(item).status for item in everything(bed) if keys.channel_of(item["SK"])]
    assert Status.SCHEDULED not in left


def test_an_operators_retry_of_an_invented_failure_only_holds_it(bed: TestBed) -> None:
    seed(bed, messages=200)
    failed = next(
        delivery_of(item)
        for item in everything(bed)
        if keys.channel_of(item["SK"]) and item["status"] == Status.FAILED.value
    )
    bed.system.operate.retry(failed.parent, Viewer(owner=OWNER, operator=True), channels=[failed.channel])
    bed.run_stream()
    there = bed.system.operate.recording.read(failed)
    assert there is not None
    assert there.status is Status.HELD
    assert bed.network.posts == []


def test_seeding_again_changes_nothing_and_more_messages_go_on(bed: TestBed) -> None:
    seed(bed, messages=30)
    before = everything(bed)
    bed.clock.advance(hours=1)
    seed(bed, messages=30)
    assert [item for item in everything(bed) if key_of(item) != keys.seed()] == [
        item for item in before if key_of(item) != keys.seed()
    ]
    seed(bed, messages=50)
    there = seeding(bed).seeded()
    assert there is not None
    assert there.messages == 50
    assert unseed(bed) == 50


@pytest.mark.parametrize("later", [{"number": 2}, {"days": 2}])
def test_another_seed_or_day_is_refused_until_the_first_is_removed(bed: TestBed, later: dict[str, int]) -> None:
    seed(bed, messages=10)
    bed.clock.advance(days=later.get("days", 0))
    with pytest.raises(ConflictError, match="--seed 1") as refused:
        seed(bed, messages=10, number=later.get("number", 1))
    assert refused.value.hints == (Hint(action=Action.UNSEED),)
    unseed(bed)
    assert seed(bed, messages=10, number=2) > 10


@pytest.mark.parametrize("messages", [0, -1, 1_000_001])
def test_nonsensical_numbers_are_refused(bed: TestBed, messages: int) -> None:
    with pytest.raises(InvalidInputError, match="1 to 1,000,000"):
        seed(bed, messages=messages)


@pytest.mark.parametrize("settings", [Settings(stage=PRODUCTION), Settings(mode=Mode.LIVE)])
def test_nothing_is_invented_where_real_publications_live(bed: TestBed, settings: Settings) -> None:
    before = everything(bed)
    with pytest.raises(ConfigurationError, match="real publications"):
        seeding(bed, settings=settings).seed(messages=10, seed=1, progress=lambda _: None)
    assert everything(bed) == before


def test_unseed_removes_everything_invented_and_nothing_else(bed: TestBed) -> None:
    created = bed.system.compose.message(owner=OWNER, content=Content(text="real"), channels=["keyed"])
    bed.run_stream()
    before = everything(bed)
    seed(bed, messages=250)
    assert unseed(bed) == 250
    assert everything(bed) == before
    assert created.id in str(before)
    for index in INDEXES.values():
        assert not any(SEED_OWNER in str(item.get(index.partition)) for item in everything(bed))
    assert unseed(bed) == 0


def test_unseed_also_removes_what_happened_to_the_invented_since(bed: TestBed) -> None:
    before = everything(bed)
    seed(bed, messages=200)
    viewer = Viewer(owner=OWNER, operator=True)
    lost = next(
        delivery_of(item)
        for item in everything(bed)
        if keys.channel_of(item["SK"]) and item["status"] == Status.UNCONFIRMED.value
    )
    bed.system.operate.mark_published(lost.parent, viewer, channel=lost.channel, network_id="found-it")
    assert bed.system.world.table.get(keys.post(lost.channel, "found-it"))
    unseed(bed)
    assert everything(bed) == before


class Dying:
    """A table whose process is killed at one of its writes."""

    def __init__(self, table: Any, after: int) -> None:
        self._table = table
        self._left = after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def write_many(self, writes: Any) -> None:
        if self._left == 0:
            raise WorkerKilledError
        self._left -= 1
        self._table.write_many(writes)


@pytest.mark.parametrize("after", range(4))
def test_seeding_that_died_anywhere_can_go_on_or_be_removed(bed: TestBed, after: int) -> None:
    before = everything(bed)
    dying = seeding(bed, base=replace(bed.system.base, table=Dying(bed.system.world.table, after)))
    with pytest.raises(WorkerKilledError):
        dying.seed(messages=350, seed=1, progress=lambda _: None)
    assert seeding(bed).seeded() is not None
    unseed(bed)
    assert everything(bed) == before


@pytest.mark.parametrize("after", range(9))
def test_unseeding_that_died_anywhere_can_be_begun_again(bed: TestBed, after: int) -> None:
    before = everything(bed)
    seed(bed, messages=350)
    dying = seeding(bed, base=replace(bed.system.base, table=Dying(bed.system.world.table, after)))
    with pytest.raises(WorkerKilledError):
        dying.unseed(progress=lambda _: None)
    assert seeding(bed).seeded() is not None
    unseed(bed)
    assert everything(bed) == before


def test_progress_is_told_up_to_the_end(bed: TestBed) -> None:
    heard: list[int] = []
    seeding(bed).seed(messages=600, seed=1, progress=heard.append)
    assert heard == [250, 500, 600]
    heard.clear()
    seeding(bed).unseed(progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 600
