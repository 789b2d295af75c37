import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.config import Mode
from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.message import Content
from omnipub.domain.timestamps import schedule_at, to_text
from omnipub.errors import ConflictError, GateClosedError, InvalidInputError
from omnipub.ports.table import Delete, Item, Key
from omnipub.services.table.dump import TableDump
from omnipub.services.table.verify import Verifier
from omnipub.storage import access, keys
from omnipub.storage.items import ConnectionStatus, connection_item, delivery_of, key_of, plain_item
from omnipub.storage.schema import MEANING
from support.seeded import seed
from support.world import OWNER, START, TestBed, make_bed


def transfer(bed: TestBed, **changes: Any) -> TableDump:
    made = TableDump(
        base=bed.system.base,
        gate=bed.system.gate,
        settings=bed.system.settings,
    )
    return replace(made, **changes)


def nothing(_: int) -> None:
    pass


def exported(bed: TestBed) -> list[str]:
    found = list(transfer(bed).lines())
    kinds = [kind for kind, _ in found]
    header = transfer(bed).header({kind: kinds.count(kind) for kind in kinds})
    return [header, *(line for _, line in found)]


def imported(bed: TestBed, lines: list[str], *, merge: bool = False) -> Any:
    transfer(bed).check(lines, progress=nothing)
    transfer(bed).may_enter(merge=merge)
    return transfer(bed).bring_in(lines, progress=nothing)


def everything(bed: TestBed) -> dict[Key, Item]:
    return {key_of(item): item for item in access.everything(bed.system.world.table)}


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestBed]:
    """A table in which nothing is, at another place."""
    (tmp_path / "empty").mkdir()
    made = make_bed(tmp_path / "empty")
    made.place.name = "elsewhere"
    for key in list(everything(made)):
        made.system.world.table.transact([Delete(key=key)])
    yield made
    made.close()


@pytest.fixture
def lived(bed: TestBed) -> TestBed:
    """A table in which much has happened."""
    bed.system.gate.enter()
    bed.network.orders = ["ok", "lost_answer", "reject"]
    for text in ("one", "two", "three"):
        bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=["looked"])
        bed.run_stream()
    bed.system.compose.message(owner=OWNER, content=Content(text="due"), channels=["keyed"])
    bed.stream.take()
    bed.system.pauses.pause("channel:blind", reason="x", by="ops")
    seed(bed)
    return bed


def test_an_export_brought_in_elsewhere_is_the_same_but_for_gate_and_tokens(lived: TestBed, empty: TestBed) -> None:
    done = imported(empty, exported(lived))
    there, here = everything(lived), everything(empty)
    assert set(there) == set(here)
    assert done.written == len(there) - 1
    different = {key for key in there if there[key] != here[key]}
    assert different == {keys.gate(), *(keys.connection(OWNER, name) for name in ("looked", "keyed", "blind"))}


def test_what_was_brought_in_is_sound(lived: TestBed, empty: TestBed) -> None:
    imported(empty, exported(lived))
    verification = Verifier(base=empty.system.base)
    assert verification.verify(progress=nothing).findings == ()


def test_the_header_counts_what_follows(lived: TestBed) -> None:
    header, *lines = exported(lived)
    said = json.loads(header)
    assert (said["omnipub"], said["schema"], said["mode"], said["items"]) == ("export", 1, "sandbox", len(lines))
    assert sum(said["kinds"].values()) == len(lines)
    checked = transfer(lived).check([header, *lines], progress=nothing)
    assert (checked.items, checked.kinds) == (len(lines), said["kinds"])


def test_what_a_later_release_exported_is_refused_whole(lived: TestBed, empty: TestBed) -> None:
    header, *lines = exported(lived)
    progress = json.loads(header)
    assert progress["meaning"] == MEANING
    with pytest.raises(InvalidInputError, match="A later omnipub wrote the file"):
        imported(empty, [json.dumps(progress | {"meaning": MEANING + 1}), *lines])
    assert exported(empty)[1:] == []
    del progress["meaning"]  # as before there was one
    imported(empty, [json.dumps(progress), *lines])


def test_no_secret_and_no_gate_is_in_an_export(lived: TestBed) -> None:
    for connection in lived.system.accounts.of(OWNER):
        kept = replace(connection, settings={"renewal": connection.sealed, "pds": "https://pds.example"})
        lived.system.world.table.put(connection_item(kept, lambda _: 0))
    text = "\n".join(exported(lived))
    for connection in lived.system.accounts.of(OWNER):
        assert connection.sealed not in text
        assert lived.system.accounts.open(connection).token.reveal() not in text
    assert "https://pds.example" in text
    assert "SYSTEM#GATE" not in text


def test_what_was_brought_in_sends_nothing_until_it_is_adopted(lived: TestBed, empty: TestBed) -> None:
    imported(empty, exported(lived))
    empty.clock.time = lived.clock.now() + timedelta(minutes=5)
    for refused in (
        empty.system.gate.enter,
        empty.system.dispatch.tick,
        lambda: empty.system.run_now.run(dry_run=False),
    ):
        with pytest.raises(GateClosedError, match="was imported from a file"):
            refused()
    doubts = empty.system.adoption.adopt().doubts
    assert {one.status for one in doubts} == {Status.UNCONFIRMED}
    empty.system.gate.enter()
    empty.pass_time(empty.clock.now() + timedelta(minutes=2))
    assert empty.network.posts == []


def test_the_gate_closes_even_where_the_export_was_made(lived: TestBed) -> None:
    lines = exported(lived)
    imported(lived, lines, merge=True)
    with pytest.raises(GateClosedError, match="imported"):
        lived.system.gate.check()
    lived.system.adoption.adopt()
    lived.system.gate.check()


def test_accounts_come_without_tokens_and_hold_what_is_due_until_they_are_connected_again(
    lived: TestBed, empty: TestBed
) -> None:
    created = lived.system.compose.message(
        owner=OWNER, content=Content(text="later"), channels=["keyed"], schedule=_in(lived, hours=2)
    )
    imported(empty, exported(lived))
    empty.clock.time = lived.clock.now()
    empty.system.adoption.adopt()
    connection = empty.system.accounts.find(OWNER, "keyed")
    assert connection is not None
    assert (connection.standing, connection.sealed) == (ConnectionStatus.NEEDS_OWNER, "")
    empty.pass_time(START + timedelta(hours=3))
    key = Key(f"MSG#{created.id}", "CHANNEL#keyed")
    assert delivery_of(everything(empty)[key]).status is Status.HELD
    empty.system.accounts.connect(owner=OWNER, channel="keyed", account="acc-keyed", token=Secret("again"))
    empty.pass_time(empty.clock.now() + timedelta(minutes=5))
    assert delivery_of(everything(empty)[key]).status is Status.PUBLISHED
    assert empty.network.texts() == ["later"]


def _in(bed: TestBed, **span: float) -> Any:
    return schedule_at(to_text(bed.clock.now() + timedelta(**span)))


def test_a_table_that_is_not_empty_takes_nothing_without_merge(lived: TestBed, bed: TestBed) -> None:
    with pytest.raises(ConflictError, match="not empty") as refused:
        imported(bed, exported(lived))
    assert "--merge" in refused.value.hint


def test_a_merge_writes_what_is_absent_and_leaves_the_rest(lived: TestBed) -> None:
    lines = exported(lived)
    created = lived.system.compose.message(owner=OWNER, content=Content(text="new"), channels=["blind"])
    (message,) = (key for key in everything(lived) if key.pk.endswith(created.id) and key.sk == keys.METADATA)
    gone = next(key for key, item in everything(lived).items() if item.get("status") == "published")
    lived.system.world.table.transact([Delete(key=gone)])
    done = imported(lived, lines, merge=True)
    assert (done.written, done.present) == (1, len(lines) - 2)
    assert gone in everything(lived)
    assert message in everything(lived)


def test_an_import_that_died_goes_on_with_merge(lived: TestBed, empty: TestBed) -> None:
    lines = exported(lived)
    heard: list[int] = []

    def die(done: int) -> None:
        heard.append(done)
        if len(heard) == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        transfer(empty).bring_in(lines, progress=die)
    with pytest.raises(GateClosedError):
        empty.system.gate.check()
    done = imported(empty, lines, merge=True)
    assert (done.present, done.written) == (200, len(lines) - 1 - 200)


def test_a_dry_run_counts_and_writes_nothing(lived: TestBed, empty: TestBed) -> None:
    lines = exported(lived)
    done = transfer(empty).bring_in(lines, progress=nothing, dry_run=True)
    assert done.written == len(lines) - 1
    assert everything(empty) == {}
    empty.system.gate.check()


def test_shards_that_a_merge_brings_are_read_from_then_on(lived: TestBed) -> None:
    table = lived.system.world.table
    table.put(plain_item(keys.shards(), current=4, highest=4))
    lines = exported(lived)
    table.put(plain_item(keys.shards(), current=2, highest=2))
    imported(lived, lines, merge=True)
    assert table.get(keys.shards()) == plain_item(keys.shards(), current=2, highest=4)


def test_sandbox_and_live_are_not_mixed(lived: TestBed) -> None:
    live = transfer(lived, settings=replace(lived.system.settings, mode=Mode.LIVE))
    with pytest.raises(ConflictError, match="never mixed"):
        live.check(exported(lived), progress=nothing)


@pytest.mark.parametrize("header", ["", "no JSON", "[]", "{}", '{"omnipub":"other","mode":"sandbox"}', "5"])
def test_what_is_no_export_is_refused(bed: TestBed, header: str) -> None:
    with pytest.raises(InvalidInputError, match="no export"):
        transfer(bed).check([header], progress=nothing)


def test_an_export_of_a_later_schema_is_refused(lived: TestBed) -> None:
    lines = exported(lived)
    lines[0] = json.dumps(json.loads(lines[0]) | {"schema": 2})
    with pytest.raises(InvalidInputError, match="schema 2; this release reads 1"):
        transfer(lived).check(lines, progress=nothing)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda lines: lines[:-1], "It promises"),
        (lambda lines: [*lines, lines[-1]], "comes twice"),
        (lambda lines: [*lines, "{"], "not JSON"),
        (lambda lines: [*lines, "[]"], "no item"),
        (lambda lines: [*lines, '{"PK":"FOO#1","SK":"METADATA"}'], "spelled"),
        (lambda lines: [line.replace('"scheduled"', '"gone"') for line in lines], "cannot be read"),
        (lambda lines: [line.replace("STATUS#scheduled", "STATUS#held") for line in lines], "should be"),
    ],
)
def test_a_file_with_anything_wrong_in_it_is_refused_whole_and_says_where(
    lived: TestBed, empty: TestBed, change: Any, says: str
) -> None:
    lines = change(exported(lived))
    with pytest.raises(InvalidInputError) as refused:
        imported(empty, lines)
    assert any(says in sentence for _, sentence in refused.value.problems)
    assert all(field.startswith("line ") for field, _ in refused.value.problems)
    assert everything(empty) == {}


def test_no_more_problems_than_a_person_reads_are_named(lived: TestBed) -> None:
    lines = [*exported(lived), *["{"] * 500]
    with pytest.raises(InvalidInputError) as refused:
        transfer(lived).check(lines, progress=nothing)
    assert len(refused.value.problems) == 20
