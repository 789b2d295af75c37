"""Items as they were written once are read for ever: as they are, with more in them, and with less."""

import json
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from compat.carried import AT_A_MOMENT, POINTER
from compat.description import name_of
from compat.readers import READERS, VALUES
from compat.record import golden_files, read_goldens, recorded
from compat.variants import NEWS, with_news, without_optional
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.message import Content
from omnipub.ports.delay import DueSoon
from omnipub.ports.table import Item
from omnipub.services.stream.wire_format import delayed_from, delayed_to_text, pointer_from_text, pointer_to_text
from omnipub.storage import access
from omnipub.storage.codec import encode
from omnipub.storage.items import (
    delivery_of,
)
from omnipub.storage.kinds import read
from omnipub.storage.schema import MEANING
from omnipub.wiring.assemble import System, assemble
from support.world import CHANNELS, OWNER, START, TestBed, make_bed

GOLDENS = [(number, name_of(item), item) for number, path in golden_files().items() for item in read_goldens(path)]
names = [f"{number}-{name.replace(' ', '_')}" for number, name, _ in GOLDENS]
every_golden = pytest.mark.parametrize(("number", "name", "item"), GOLDENS, ids=names)


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Callable[[str, Item], object]]:
    """What this code makes of an item: the value in it, or what the services say of it in a table of its own."""
    with ExitStack() as stack:

        def make(name: str, item: Item) -> object:
            if name in VALUES:
                return VALUES[name][0](item)
            bed = make_bed(Path(tempfile.mkdtemp(dir=tmp_path)))
            stack.callback(bed.close)
            bed.system.world.table.put(item)
            return READERS[name](bed, item)

        yield make


def test_there_are_goldens_of_this_number_and_a_reader_of_every_kind() -> None:
    assert MEANING in golden_files()
    assert {name for _, name, _ in GOLDENS} == {*VALUES, *READERS}


@every_golden
def test_a_golden_is_read_and_found_where_it_stands(
    number: int, name: str, item: Item, made: Callable[[str, Item], object]
) -> None:
    assert made(name, item) is not None
    assert all(key.right for key in read(item, 2).index_keys), number


def test_there_are_goldens_of_this_number_that_have_a_value() -> None:
    assert [name for number, name, _ in GOLDENS if number == MEANING and name in VALUES]


@every_golden
def test_reading_and_writing_a_golden_gives_the_same_item(number: int, name: str, item: Item) -> None:
    if name in VALUES and number == MEANING:
        value_of, item_of = VALUES[name]
        assert item_of(value_of(item)) == item


@every_golden
def test_what_an_earlier_number_wrote_says_the_same_once_it_is_written_anew(number: int, name: str, item: Item) -> None:
    if name in VALUES:
        value_of, item_of = VALUES[name]
        value = value_of(item)
        assert value_of(item_of(value)) == value, number


@every_golden
def test_what_a_later_release_added_changes_nothing(
    number: int, name: str, item: Item, made: Callable[[str, Item], object]
) -> None:
    more = with_news(item, recorded()["items"][name])
    assert more != item, number
    assert made(name, more) == made(name, item)
    assert all(key.right for key in read(more, 2).index_keys)


@every_golden
def test_what_an_earlier_release_did_not_know_has_its_default(
    number: int, name: str, item: Item, made: Callable[[str, Item], object]
) -> None:
    parts = recorded()["items"][name]
    assert made(name, item) is not None
    for path, less in without_optional(item, parts):
        value = made(name, less)
        assert value is not None, number
        if path in parts and "." not in path and name in VALUES and "told_by" not in parts[path]:
            assert encode(getattr(value, path)) == parts[path]["absent"]


@pytest.mark.parametrize(("name", "item"), [(name, item) for _, name, item in GOLDENS if name in VALUES])
def test_what_is_written_again_has_forgotten_what_it_did_not_know(name: str, item: Item) -> None:
    value_of, item_of = VALUES[name]
    again = item_of(value_of(with_news(item, recorded()["items"][name])))
    assert again == item_of(value_of(item))
    assert set(NEWS).isdisjoint(again)


def test_pointers_and_messages_of_the_delay_queue_with_more_in_them_are_read() -> None:
    text = json.dumps(json.loads(pointer_to_text(POINTER)) | NEWS)
    assert pointer_from_text(text) == POINTER
    assert pointer_from_text(pointer_to_text(AT_A_MOMENT)) == AT_A_MOMENT
    message = json.loads(delayed_to_text([DueSoon(pointer=AT_A_MOMENT, at=START)]))
    message["due"][0] |= NEWS
    assert delayed_from(json.dumps(message | NEWS)) == [DueSoon(pointer=AT_A_MOMENT, at=START)]


def test_a_network_that_this_release_does_not_know_waits_and_holds_nobody_up(bed: TestBed) -> None:
    known = with_a_network_less(bed)
    unknown = bed.system.compose.message(owner=OWNER, content=Content(text="new"), channels=["keyed"])
    other = bed.system.compose.message(owner=OWNER, content=Content(text="known"), channels=["looked"])
    assert known.batches.run(bed.stream.take()) == {}
    states = {one.parent.id: one.status for one in _all(bed)}
    assert states == {unknown.id: Status.HELD, other.id: Status.PUBLISHED}
    assert not bed.journal.named("worker_broke")
    bed.clock.advance(seconds=30)
    known.dispatch.tick()
    bed.pass_time(bed.clock.now() + timedelta(minutes=5))
    assert {one.status for one in _all(bed)} == {Status.PUBLISHED}


def with_a_network_less(bed: TestBed) -> System:
    """The same world with the code of a release that has a network less."""
    fewer = {name: channel for name, channel in CHANNELS.items() if name != "keyed"}
    return assemble(bed.system.settings, bed.system.world, fewer)


def _all(bed: TestBed) -> list[Delivery]:
    items = access.everything(bed.system.world.table)
    return [delivery_of(item) for item in items if name_of(item) == "delivery"]
