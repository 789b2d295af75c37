"""`verify` over a table in which everything has happened, and with each class of damage planted in it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from omnipub.domain.delivery import moves
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery, Lease
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import schedule_at, to_text
from omnipub.names import SEED_OWNER
from omnipub.ports.table import Delete, Item, Key, Table
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.store import held_text, name_of
from omnipub.services.table.integrity_items import IntegrityCheck, alone
from omnipub.services.table.integrity_relations import beside
from omnipub.services.table.verify import Verifier, VerifyReport
from omnipub.storage import keys
from omnipub.storage.items import Connection, attempt_item, connection_item, delivery_item, message_of, plain_item
from omnipub.storage.kinds import read
from simulation.history import History
from support.world import OWNER, START, TestBed


class Damaged:
    """A bed in which a message is out on one channel, may be out on another, and is scheduled on a third."""

    def __init__(self, bed: TestBed) -> None:
        self.bed = bed
        self.table = bed.system.world.table
        bed.network.orders = ["ok", "lost_answer", "ok"]
        self.out = self.composed("out", "keyed")
        bed.run_stream()
        self.doubtful = self.composed("in doubt", "looked")
        bed.run_stream()
        self.ahead = self.composed("ahead", "blind", hours=5)

    def tried(self) -> Key:
        """The item of an earlier try of what is out."""
        attempt = Attempt(
            parent=self.out, channel="keyed", number=0, started_at=START, ended_at=START, ended="throttled"
        )
        self.table.put(attempt_item(attempt))
        return keys.attempt(self.out, "keyed", 0)

    def composed(self, text: str, channel: str, hours: float = 0) -> Parent:
        at = schedule_at(to_text(START + timedelta(hours=hours))) if hours else None
        created = self.bed.system.compose.message(
            owner=OWNER, content=Content(text=text), channels=[channel], schedule=at
        )
        return Parent(kind=ParentKind.MESSAGE, id=created.id)

    def delivery(self, parent: Parent) -> Delivery:
        (found,) = self.bed.system.showing.one(parent, Viewer(owner=OWNER)).deliveries
        return found

    def put(self, delivery: Delivery, **changes: Any) -> Key:
        """Write a delivery as no code of ours would."""
        item = delivery_item(replace(delivery, **changes), lambda _: 0)
        self.table.put(item)
        return Key(item["PK"], item["SK"])

    def change(self, key: Key, **changes: Any) -> Key:
        """Change attributes of an item; None removes one."""
        item = self.table.get(key)
        assert item is not None
        changed = {name: value for name, value in (item | changes).items() if value is not None}
        self.table.put(changed)
        return key

    def drop(self, key: Key) -> None:
        self.table.transact([Delete(key=key)])

    def key(self, parent: Parent) -> Key:
        one = self.delivery(parent)
        return keys.delivery(parent, one.channel)


def verified(bed: TestBed, table: Table | None = None) -> VerifyReport:
    return Verifier(base=replace(bed.system.base, table=table or bed.system.base.table)).verify(progress=lambda _: None)


@pytest.fixture
def damaged(bed: TestBed) -> Damaged:
    made = Damaged(bed)
    assert made.delivery(made.out).status is Status.PUBLISHED
    assert made.delivery(made.doubtful).may_be_out
    assert made.delivery(made.doubtful).holds
    return made


Plant = Callable[[Damaged], Key]


def unreadable(one: Damaged) -> Key:
    return one.change(one.key(one.ahead), status="gone")


def unknown(one: Damaged) -> Key:
    one.table.put({"PK": "FOO#1", "SK": "METADATA"})
    return Key("FOO#1", "METADATA")


def wrong_key(one: Damaged) -> Key:
    return one.change(one.key(one.ahead), channel="blind:other")


def wrong_index(one: Damaged) -> Key:
    return one.change(one.key(one.ahead), GSI1SK="2020-01-01T00:00:00.000Z#x#y")


def missing_index(one: Damaged) -> Key:
    return one.change(one.key(one.ahead), GSI1PK=None, GSI1SK=None)


def orphan_delivery(one: Damaged) -> Key:
    one.drop(keys.metadata(one.ahead))
    return keys.delivery(one.ahead, "blind")


def unnamed_channel(one: Damaged) -> Key:
    item = one.table.get(keys.metadata(one.ahead))
    assert item is not None
    subject = message_of(item)
    assert subject.channels == ("blind",)
    return one.put(replace(one.delivery(one.ahead), channel="keyed"))


def orphan_attempt(one: Damaged) -> Key:
    key = one.tried()
    one.change(keys.metadata(one.out), channels=[])
    one.drop(keys.delivery(one.out, "keyed"))
    return key


def lost_delivery(one: Damaged) -> Key:
    one.drop(keys.delivery(one.ahead, "blind"))
    return keys.metadata(one.ahead)


def other_owner(one: Damaged) -> Key:
    return one.put(one.delivery(one.ahead), owner="somebody-else")


def old_revision(one: Damaged) -> Key:
    return one.change(one.key(one.ahead), revision=7)


def unmarked_connection(one: Damaged) -> Key:
    one.drop(keys.connected_account(OWNER, "blind", "acc-blind"))
    return keys.connection(OWNER, "blind")


def orphan_account(one: Damaged) -> Key:
    one.drop(keys.connection(OWNER, "blind"))
    return keys.connected_account(OWNER, "blind", "acc-blind")


def account_of_another(one: Damaged) -> Key:
    key = keys.connected_account(OWNER, "blind", "acc-other")
    one.table.put(plain_item(key, channel="blind"))
    return key


def orphan_post(one: Damaged) -> Key:
    key = keys.post("keyed", "nobody's")
    one.table.put(plain_item(key, delivery=name_of(replace(one.delivery(one.out), channel="keyed:gone"))))
    return key


def post_of_another(one: Damaged) -> Key:
    key = keys.post("blind", "another")
    one.table.put(plain_item(key, delivery=name_of(one.delivery(one.ahead))))
    return key


def unowned_post(one: Damaged) -> Key:
    one.drop(keys.post("keyed", one.delivery(one.out).network_id))
    return one.key(one.out)


def stale_hold(one: Damaged) -> Key:
    key = keys.unresolved("keyed", "acc-keyed", "digest")
    one.table.put(plain_item(key, delivery=name_of(one.delivery(one.out))))
    return key


def lost_hold(one: Damaged) -> Key:
    one.drop(held_text(one.delivery(one.doubtful)))
    return one.key(one.doubtful)


def lost_claim(one: Damaged) -> Key:
    return one.put(one.delivery(one.ahead), status=Status.PUBLISHING)


def lease(one: Damaged, until: timedelta) -> Lease:
    now = one.bed.clock.now()
    return Lease(claim_id="c", attempt=1, started_at=now, until=now + until, sends=True)


def left_lease(one: Damaged) -> Key:
    return one.put(one.delivery(one.ahead), lease=lease(one, timedelta(seconds=70)))


def wrong_lease(one: Damaged) -> Key:
    now = one.bed.clock.now()
    held = lease(one, timedelta(seconds=70))
    return one.put(one.delivery(one.ahead), status=Status.PUBLISHING, lease=held, next_at=now)


def no_moment(one: Damaged) -> Key:
    return one.put(one.delivery(one.ahead), next_at=None)


def no_network_id(one: Damaged) -> Key:
    one.drop(keys.post("keyed", one.delivery(one.out).network_id))
    return one.put(one.delivery(one.out), network_id="")


def no_published_at(one: Damaged) -> Key:
    return one.put(one.delivery(one.out), published_at=None)


def may_be_out(one: Damaged) -> Key:
    return one.put(one.delivery(one.ahead), may_be_out=True)


def seed_connected(one: Damaged) -> Key:
    connection = Connection(
        owner=SEED_OWNER, channel="blind", account="1", title="", sealed="1.A", created_at=one.bed.clock.now()
    )
    one.table.put(connection_item(connection, lambda _: 0))
    one.table.put(plain_item(keys.connected_account(SEED_OWNER, "blind", "1"), channel="blind"))
    return keys.connection(SEED_OWNER, "blind")


PLANTS: Mapping[Plant, IntegrityCheck] = {
    unreadable: IntegrityCheck.UNREADABLE,
    unknown: IntegrityCheck.UNREADABLE,
    wrong_key: IntegrityCheck.WRONG_KEY,
    wrong_index: IntegrityCheck.WRONG_INDEX,
    missing_index: IntegrityCheck.WRONG_INDEX,
    orphan_delivery: IntegrityCheck.ORPHAN_DELIVERY,
    unnamed_channel: IntegrityCheck.ORPHAN_DELIVERY,
    orphan_attempt: IntegrityCheck.ORPHAN_ATTEMPT,
    lost_delivery: IntegrityCheck.LOST_DELIVERY,
    other_owner: IntegrityCheck.OTHER_OWNER,
    old_revision: IntegrityCheck.OLD_REVISION,
    unmarked_connection: IntegrityCheck.UNMARKED_CONNECTION,
    orphan_account: IntegrityCheck.ORPHAN_ACCOUNT,
    account_of_another: IntegrityCheck.ORPHAN_ACCOUNT,
    orphan_post: IntegrityCheck.ORPHAN_POST,
    post_of_another: IntegrityCheck.ORPHAN_POST,
    unowned_post: IntegrityCheck.UNOWNED_POST,
    stale_hold: IntegrityCheck.STALE_HOLD,
    lost_hold: IntegrityCheck.LOST_HOLD,
    lost_claim: IntegrityCheck.LOST_CLAIM,
    left_lease: IntegrityCheck.LEFT_LEASE,
    wrong_lease: IntegrityCheck.WRONG_LEASE,
    no_moment: IntegrityCheck.NO_MOMENT,
    no_network_id: IntegrityCheck.NO_NETWORK_ID,
    no_published_at: IntegrityCheck.NO_PUBLISHED_AT,
    may_be_out: IntegrityCheck.MAY_BE_OUT,
    seed_connected: IntegrityCheck.SEED_CONNECTED,
}


def test_every_class_of_damage_is_planted_by_some_test() -> None:
    assert set(PLANTS.values()) == set(IntegrityCheck)


@pytest.mark.parametrize("plant", PLANTS, ids=lambda plant: plant.__name__)
def test_planted_damage_is_found_where_it_is(damaged: Damaged, plant: Plant) -> None:
    key = plant(damaged)
    found = verified(damaged.bed)
    assert not found.clean
    assert (PLANTS[plant], key) in {(one.check, one.key) for one in found.findings}
    assert sum(found.counts.values()) == len(found.findings)


ALONE = {
    unknown,
    wrong_index,
    missing_index,
    lost_delivery,
    other_owner,
    old_revision,
    stale_hold,
    lost_hold,
    lost_claim,
}


@pytest.mark.parametrize("plant", sorted(ALONE, key=lambda plant: plant.__name__), ids=lambda plant: plant.__name__)
def test_one_damage_is_one_class_of_finding(damaged: Damaged, plant: Plant) -> None:
    plant(damaged)
    assert set(verified(damaged.bed).counts) == {PLANTS[plant]}


def test_a_table_in_which_everything_has_happened_is_clean(damaged: Damaged) -> None:
    bed = damaged.bed
    bed.system.pauses.pause("channel:blind", reason="x", by="ops")
    bed.pass_time(START + timedelta(hours=6))
    assert damaged.delivery(damaged.ahead).status is Status.HELD
    bed.system.pauses.resume("channel:blind", send_late=True)
    bed.network.orders = ["no_answer", "reject", "throttle"]
    for channel in ("blind", "keyed", "looked"):
        damaged.composed(f"more on {channel}", channel)
    bed.pass_time(START + timedelta(hours=12))
    found = verified(bed)
    assert found.findings == ()
    assert found.items["message"] == 6
    assert found.items["connection"] == found.items["account"] == 3


def test_a_table_without_messages_is_clean(bed: TestBed) -> None:
    found = verified(bed)
    assert found.clean
    assert "message" not in found.items


class Moving:
    """A table in which a delivery resolves between the reading of its marker and of itself."""

    def __init__(self, table: Any, resolve: Callable[[], None]) -> None:
        self._table = table
        self._resolve: Callable[[], None] | None = resolve

    def __getattr__(self, name: str) -> Any:
        return getattr(self._table, name)

    def batch_get(self, wanted: Any) -> Any:
        if self._resolve is not None:
            resolve, self._resolve = self._resolve, None
            resolve()
        return self._table.batch_get(wanted)


def test_what_only_looked_wrong_while_somebody_wrote_is_no_finding(damaged: Damaged) -> None:
    before = damaged.delivery(damaged.doubtful)
    now = damaged.bed.clock.now()

    def resolve() -> None:
        lost = moves.lost_track(before, now, sentence="Nobody knows.")
        there = damaged.bed.system.operate.recording.move(before, lost)
        damaged.bed.system.operate.dismiss(
            there.parent, Viewer(owner=OWNER), channels=[there.channel], reason="It does not matter."
        )

    marker = damaged.table.get(held_text(before))
    assert marker is not None
    assert verified(damaged.bed, cast("Table", Moving(damaged.table, resolve))).findings == ()


def test_more_findings_than_are_kept_are_still_counted(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("omnipub.services.table.verify.SHOWN", 3)
    items: list[Item] = [{"PK": f"FOO#{number}", "SK": "METADATA"} for number in range(10)]
    for item in items:
        bed.system.world.table.put(item)
    found = verified(bed)
    assert [one.key.pk for one in found.findings] == ["FOO#0", "FOO#1", "FOO#2"]
    assert found.counts == {IntegrityCheck.UNREADABLE: 10}


def test_a_damaged_relative_is_one_finding_of_its_own(damaged: Damaged) -> None:
    damaged.change(keys.delivery(damaged.out, "keyed"), status="gone")
    assert set(verified(damaged.bed).counts) == {IntegrityCheck.UNREADABLE}


def test_a_try_whose_item_is_damaged_is_found(damaged: Damaged) -> None:
    item = damaged.table.get(damaged.tried())
    assert item is not None
    damaged.table.put(item | {"number": "first"})
    assert verified(damaged.bed).counts == {IntegrityCheck.UNREADABLE: 1}


@pytest.mark.parametrize("seed", range(20))
def test_no_history_of_crashes_races_and_lost_answers_leads_to_a_finding(seed: int) -> None:
    history = History(seed)
    history.run()
    there = history.table.items
    readable = [read(item, 1) for item in there.values()]
    assert len(readable) > 10
    assert [(one.key, wrong) for one in readable for wrong in (*alone(one), *beside(one, there))] == []
