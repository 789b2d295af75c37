"""What a check-up finds, each trouble on its own; and that it reads as little of a large table as of a small one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.channels.registry import CHANNELS as NETWORKS
from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind, new_id
from omnipub.domain.message import Content
from omnipub.domain.network import ApiVersion
from omnipub.domain.timestamps import Schedule
from omnipub.names import SEED_OWNER
from omnipub.ports.table import Item, Key, Page, Put, Query
from omnipub.services.health.blocked_accounts import ACCOUNTS_AT_MOST
from omnipub.services.health.finding import COUNTED_AT_MOST, Finding, Health
from omnipub.storage.items import delivery_item
from omnipub.storage.schema import WRITE_LIMIT
from support.hints import typed
from support.world import CHANNELS, OWNER, START, TestBed, WorkerKilledError, make_bed


def compose(bed: TestBed, *, seconds: float = 30, text: str = "Hello") -> str:
    moment = bed.clock.now() + timedelta(seconds=seconds)
    schedule = Schedule(at=moment, local=moment.isoformat(), zone="UTC")
    content = Content(text=text)
    return bed.system.compose.message(owner=OWNER, content=content, channels=["looked"], schedule=schedule).id


def found(bed: TestBed, *, running: bool = True) -> dict[str, Finding]:
    return {one.name: one for one in bed.system.checkup.look(OWNER, running=running)}


def not_ok(bed: TestBed, *, running: bool = True) -> dict[str, Health]:
    return {name: one.health for name, one in found(bed, running=running).items() if one.health is not Health.OK}


def hold(bed: TestBed, channel: str = "looked") -> None:
    connection = bed.system.accounts.find(OWNER, channel)
    assert connection is not None
    bed.system.accounts.hold(connection, reason="The token expired.")


def test_where_everything_is_well_everything_is_ok(bed: TestBed) -> None:
    compose(bed)
    bed.pass_time(START + timedelta(minutes=3))
    assert not_ok(bed) == {}


def test_a_scheduler_that_never_ran_is_worth_a_look(bed: TestBed) -> None:
    assert not_ok(bed, running=False) == {"scheduler": Health.WARN}
    assert typed(found(bed, running=False)["scheduler"].next, OWNER) == "up"


@pytest.mark.parametrize(("running", "health"), [(True, Health.BAD), (False, Health.WARN)])
def test_a_silent_scheduler_is_bad_only_where_something_should_run(
    bed: TestBed,
    *,
    running: bool,
    health: Health,
) -> None:
    bed.system.dispatch.tick()
    bed.clock.advance(minutes=3, milliseconds=1)
    assert not_ok(bed, running=running) == {"scheduler": health}
    assert found(bed)["scheduler"].at == START


@pytest.mark.parametrize(("running", "next_"), [(True, "schedule run-now"), (False, "up")])
def test_what_is_due_and_not_dispatched_is_bad_once_it_is_late(
    bed: TestBed,
    *,
    running: bool,
    next_: str,
) -> None:
    for number in range(2):
        compose(bed, seconds=30 + number, text=f"Text {number}")
    bed.clock.advance(seconds=31)
    assert found(bed)["due"].health is Health.OK
    bed.clock.advance(minutes=3)
    due = found(bed, running=running)["due"]
    assert (due.health, due.at, typed(due.next, OWNER)) == (Health.BAD, START + timedelta(seconds=30), next_)
    assert ": 2," in due.what


def test_what_is_past_its_lease_is_bad_once_nobody_looks(bed: TestBed) -> None:
    bed.network.orders = ["die_after"]
    compose(bed, seconds=0)
    with pytest.raises(WorkerKilledError):
        bed.run_stream()
    assert found(bed)["publishing"].health is Health.OK
    bed.clock.advance(minutes=5)
    assert found(bed)["publishing"].health is Health.BAD


def test_what_is_held_is_counted_by_account_and_its_owner_is_named(bed: TestBed) -> None:
    hold(bed)
    compose(bed, seconds=0)
    bed.run_stream()
    findings = found(bed)
    assert findings["held"].health is Health.WARN
    assert "looked/acc-looked (1)" in findings["held"].what
    assert (findings["account"].health, typed(findings["account"].next, OWNER)) == (
        Health.BAD,
        "connections test looked",
    )


def test_what_a_pause_holds_names_the_pause_and_how_it_ends(bed: TestBed) -> None:
    bed.system.pauses.pause("channel:looked", reason="Crisis.", by="ops")
    bed.system.pauses.pause("everything", reason="Worse.", by="ops")
    compose(bed, seconds=0)
    bed.run_stream()
    held = found(bed)["held"]
    assert (held.what, typed(held.next, OWNER)) == (
        "Held while everything is paused: 1, for looked/acc-looked (1).",
        "resume everything",
    )
    assert found(bed)["account"].health is Health.OK
    bed.system.pauses.resume("everything", send_late=True)
    held = found(bed)["held"]
    assert (held.what.partition(":")[0], typed(held.next, OWNER)) == ("Held while channel", "resume channel:looked")


def test_accounts_of_others_that_hold_deliveries_are_named_with_their_owner_and_what_to_type(bed: TestBed) -> None:
    bed.system.accounts.connect(owner="bob", channel="blind:b", account="of bob", token=Secret("t"))
    bed.system.accounts.connect(owner="eve", channel="blind", account="of eve", token=Secret("t"))
    bed.system.accounts.connect(owner="bob", channel="looked", account="idle", token=Secret("t"))
    moment = Schedule(at=START, local="now", zone="UTC")
    for owner, channel in (("bob", "blind:b"), ("eve", "blind")):
        content = Content(text=f"Of {owner}")
        bed.system.compose.message(owner=owner, content=content, channels=[channel], schedule=moment)
    for owner, channel in (("bob", "blind:b"), ("bob", "looked")):
        connection = bed.system.accounts.find(owner, channel)
        assert connection is not None
        bed.system.accounts.hold(connection, reason="The token expired.")
    eves = bed.system.accounts.find("eve", "blind")
    assert eves is not None
    bed.system.connecting.disconnect(eves)
    bed.run_stream()
    told = bed.system.checkup.look(OWNER, running=True)
    assert {(one.what, typed(one.next, OWNER)) for one in told if one.name == "account"} == {
        (
            "blind:b (of bob) of bob needs its owner (held for it: 1): The token expired.",
            "connections test blind:b --owner bob",
        ),
        (
            "blind (of eve) of eve is not connected (held for it: 1).",
            "connections connect blind --account 'of eve' --owner eve",
        ),
    }
    (held,) = [one for one in told if one.name == "held"]
    assert held.what == "Held until their accounts can be used: 2, for blind/of bob (1), blind/of eve (1)."
    assert typed(held.next, OWNER) in {typed(one.next, OWNER) for one in told if one.name == "account"}
    bobs = [typed(one.next, "bob") for one in bed.system.checkup.look("bob", running=True) if one.name == "account"]
    assert set(bobs) >= {"connections test blind:b", "connections test looked"}, "an owner's own, held for or not"


def test_an_account_whose_alias_is_another_by_now_is_found_and_one_whose_name_is_taken_gets_another(
    bed: TestBed,
) -> None:
    table, shard = bed.system.world.table, bed.system.base.shards.count(START).of
    late = [
        replace(_delivery(new_id(START, number.to_bytes(10, "big")), Status.HELD), owner="bob", account=account)
        for number, account in enumerate(("moved", "gone"))
    ]
    bed.system.accounts.connect(owner="bob", channel="looked", account="new", token=Secret("t"))
    bed.system.accounts.connect(owner="bob", channel="looked:old", account="moved", token=Secret("t"))
    table.transact([Put(item=delivery_item(one, shard)) for one in late])
    told = [one for one in bed.system.checkup.look(OWNER, running=True) if one.name in {"held", "account"}]
    assert [(one.what, typed(one.next, OWNER)) for one in told] == [
        (
            "Held until their accounts can be used: 1, for looked/gone (1).",
            "connections connect looked:second --account gone --owner bob",
        ),
        (
            "Held, though nothing holds them any more; the ticks let them go within the hour: 1, for looked/moved (1).",
            "messages stuck",
        ),
        (
            "looked (gone) of bob is not connected (held for it: 1).",
            "connections connect looked:second --account gone --owner bob",
        ),
    ]


def test_more_that_is_held_and_more_accounts_than_are_told_are_said_to_be(bed: TestBed) -> None:
    shard = bed.system.base.shards.count(START).of
    items = [
        delivery_item(
            replace(_delivery(new_id(START, number.to_bytes(10, "big")), Status.HELD), account=f"acc-{number}"), shard
        )
        for number in range(COUNTED_AT_MOST + 1)
    ]
    bed.system.world.table.transact([Put(item=item) for item in items])
    told = bed.system.checkup.look("somebody", running=True)
    held = [one for one in told if one.name == "held"]
    assert held[0].what.startswith("Held until their accounts can be used: 50 or more, for ")
    assert held[1].what == "More is held than was looked at: all this is of the 50 that wait longest."
    assert typed(held[1].next, OWNER) == "messages list --status held"
    accounts = [one for one in told if one.name == "account"]
    assert len(accounts) == ACCOUNTS_AT_MOST + 1
    assert "(held for it: 1 or more)" in accounts[0].what
    assert accounts[-1].what == f"More accounts than these cannot be used: {COUNTED_AT_MOST - ACCOUNTS_AT_MOST}."


def test_what_was_invented_and_is_held_needs_nobody(bed: TestBed) -> None:
    invented = replace(_delivery(new_id(START, bytes(10)), Status.HELD), owner=SEED_OWNER)
    bed.system.world.table.put(delivery_item(invented, bed.system.base.shards.count(START).of))
    told = found(bed)
    assert (told["held"].health, told["account"].health) == (Health.OK, Health.OK)
    assert told["held"].what == "Held, and only invented, as samples: 1."


def test_a_token_of_somebody_else_that_ends_is_connected_again_for_its_owner(bed: TestBed) -> None:
    bed.system.connecting.connect(
        owner="bob", channel="looked:b", account="of-bob", token=Secret("t"), ends_at=START + timedelta(days=1)
    )
    assert typed(found(bed)["tokens"].next, OWNER) == "connections connect looked:b --account of-bob --owner bob"


def test_every_pause_is_told_with_how_to_end_it(bed: TestBed) -> None:
    bed.system.pauses.pause("channel:looked", reason="Crisis.", by="ops")
    pause = found(bed)["pause"]
    assert (pause.health, pause.at, typed(pause.next, OWNER)) == (Health.WARN, START, "resume channel:looked")
    assert pause.what == "channel:looked is paused by ops: Crisis."


def test_an_account_that_rests_is_worth_a_look(bed: TestBed) -> None:
    bed.network.orders = ["throttle"] * 3
    for number in range(3):
        compose(bed, seconds=0, text=f"Text {number}")
    bed.run_stream()
    assert found(bed)["resting"].health is Health.WARN


@pytest.mark.parametrize(
    ("days", "health"), [(-1, Health.BAD), (0, Health.BAD), (1, Health.WARN), (10, Health.WARN), (11, Health.OK)]
)
def test_a_token_is_told_before_it_ends(bed: TestBed, days: int, health: Health) -> None:
    bed.system.connecting.connect(
        owner=OWNER,
        channel="looked",
        account="acc-looked",
        token=Secret("t"),
        ends_at=START + timedelta(days=days),
    )
    tokens = found(bed)["tokens"]
    assert tokens.health is health
    assert typed(tokens.next, OWNER) == (
        "" if health is Health.OK else "connections connect looked --account acc-looked"
    )


@pytest.mark.parametrize(
    ("days", "health"), [(-1, Health.BAD), (0, Health.BAD), (1, Health.WARN), (60, Health.WARN), (61, Health.OK)]
)
def test_a_version_that_a_network_switches_off_is_told_sixty_days_before(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch, days: int, health: Health
) -> None:
    version = ApiVersion(name="202606", ends=(START + timedelta(days=days)).date())
    monkeypatch.setattr(type(CHANNELS["looked"]), "api_version", version)
    told = [one for one in bed.system.checkup.look(OWNER, running=True) if one.name == "interface"]
    assert {one.health for one in told} == {health}
    assert health is Health.OK or "version 202606" in told[0].what


def test_the_versions_that_omnipub_speaks_are_told_with_their_known_ends() -> None:
    versions = {name: channel.api_version for name, channel in NETWORKS.items() if channel.api_version}
    assert set(versions) == {"facebook", "linkedin"}
    assert versions["linkedin"].ends == date(2027, 6, 15)


@pytest.mark.parametrize(("order", "status"), [("reject", "failed"), ("no_answer", "unconfirmed")])
def test_what_is_left_to_people_is_counted(bed: TestBed, order: str, status: str) -> None:
    bed.network.orders = [order]
    moment = Schedule(at=START, local="now", zone="UTC")
    bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["blind"], schedule=moment)
    bed.pass_time(START + timedelta(minutes=10))
    assert not_ok(bed) == {status: Health.WARN}
    assert found(bed)[status].what.endswith(": 1.")


def test_what_was_missed_is_counted(bed: TestBed) -> None:
    compose(bed)
    bed.clock.advance(days=2)
    bed.pass_time(bed.clock.now() + timedelta(minutes=61))
    assert found(bed)["missed"].health is Health.WARN


def test_a_copy_is_bad_and_says_how_it_is_adopted(bed: TestBed) -> None:
    bed.system.gate.enter()
    bed.place.name = "elsewhere"
    gate = found(bed)["gate"]
    assert (gate.health, typed(gate.next, OWNER)) == (Health.BAD, "table adopt")


def test_a_clock_that_went_back_is_bad(bed: TestBed) -> None:
    bed.system.dispatch.tick()
    bed.clock.advance(hours=-1)
    clock = found(bed)["clock"]
    assert (clock.health, clock.at, clock.elsewhere) == (Health.BAD, START, "timedatectl")


class CountingTable(SqliteTable):
    """A table that counts what it hands out."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.items = 0

    def get(self, key: Key) -> Item | None:
        self.items += 1
        return super().get(key)

    def query(self, query: Query) -> Page:
        page = super().query(query)
        self.items += len(page.items)
        return page

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        there = super().batch_get(keys)
        self.items += len(there)
        return there


def items_read(path: Path, each: int) -> int:
    """What a check-up reads where `each` messages are in every state."""
    path.mkdir()
    table = CountingTable(path / "table.db")
    bed = make_bed(path, table=table)
    shard = bed.system.base.shards.count(START).of
    randomness = (number.to_bytes(10, "big") for number in range(each * len(Status)))
    items = [
        delivery_item(_delivery(new_id(START, next(randomness)), status), shard)
        for status in Status
        for _ in range(each)
    ]
    for start in range(0, len(items), WRITE_LIMIT):
        table.transact([Put(item=item) for item in items[start : start + WRITE_LIMIT]])
    before = table.items
    bed.system.checkup.look(OWNER, running=True)
    read = table.items - before
    bed.close()
    return read


def _delivery(id_: str, status: Status) -> Delivery:
    parent = Parent(kind=ParentKind.MESSAGE, id=id_)
    at = START - timedelta(minutes=10)
    return Delivery(
        parent=parent,
        owner=OWNER,
        channel="looked",
        account="acc-looked",
        status=status,
        due_at=at,
        next_at=at,
        published_at=at if status is Status.PUBLISHED else None,
    )


def test_as_many_items_are_read_of_five_thousand_messages_as_of_fifty(tmp_path: Path) -> None:
    few, many = items_read(tmp_path / "few", 50), items_read(tmp_path / "many", 5_000)
    assert few == many
    assert 6 * COUNTED_AT_MOST <= few <= 6 * COUNTED_AT_MOST + 50


def test_a_count_that_was_broken_off_says_so(bed: TestBed) -> None:
    shard = bed.system.base.shards.count(START).of
    items = [
        delivery_item(_delivery(new_id(START, number.to_bytes(10, "big")), Status.FAILED), shard)
        for number in range(COUNTED_AT_MOST + 1)
    ]
    bed.system.world.table.transact([Put(item=item) for item in items])
    assert "50 or more" in found(bed)["failed"].what
