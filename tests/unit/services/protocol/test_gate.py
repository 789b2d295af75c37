"""When the gate of a table is open, and what it writes down: over evidence that a test sets as it wants."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Lease
from omnipub.errors import GateClosedError
from omnipub.hints import Action
from omnipub.ports.place import ClaimRecord, Evidence
from omnipub.ports.table import Item
from omnipub.services.protocol import gate as module
from omnipub.services.protocol.gate import ClosedReason, Gate
from omnipub.services.scheduling.heartbeat import began, note
from omnipub.storage import keys
from omnipub.storage.items import delivery_item, plain_item
from support.rows import now_of, stand
from support.world import START, TestBed

SEAT = "seat-1"
OTHERS = "seat-of-nobody"
PK, SK = "MSG#01KAQ8GQ00000000000000000A", "CHANNEL#looked"


@dataclass
class GivenPlace:
    """A place that says what it is told to and keeps what is written to it."""

    exclusive: bool = True
    boot: int = 0
    where: str = "the shelf"
    given: dict[str, Evidence] = field(default_factory=dict)
    ran: bool = False
    claims: Sequence[ClaimRecord] = ()
    asked: list[int] = field(default_factory=list)
    told: list[tuple[Any, ...]] = field(default_factory=list)

    def fresh(self, epoch: int) -> str:
        self.given["fresh"] = Evidence(epoch=epoch)
        return "fresh"

    def evidence(self, identity: str) -> Evidence | None:
        return self.given.get(identity)

    def has_run(self) -> bool:
        return self.ran

    def hold(self, identity: str) -> None:
        self.told.append(("hold", identity))

    def begin(self, identity: str, *, epoch: int, boot: int) -> None:
        self.told.append(("begin", identity, epoch, boot))
        self.boot = boot

    def join(self, identity: str) -> None:
        self.told.append(("join", identity))

    def remember(self, identity: str, epoch: int) -> None:
        self.told.append(("remember", identity, epoch))

    def claimed(self, claim: ClaimRecord) -> None:
        raise AssertionError(claim)

    def latest(self, identity: str, *, at_most: int) -> Sequence[ClaimRecord]:
        assert identity
        self.asked.append(at_most)
        return self.claims[:at_most]

    def succeed(self, identity: str, successor: str) -> None:
        self.told.append(("succeed", identity, successor))


@pytest.fixture
def place() -> GivenPlace:
    return GivenPlace(given={SEAT: Evidence(epoch=5)})


@pytest.fixture
def gate(bed: TestBed, place: GivenPlace) -> Gate:
    return replace(bed.system.gate, place=place)  # type: ignore[arg-type]


def written(gate: Gate, epoch: int = 5, **changes: Any) -> Item:
    """A gate in the table."""
    item = plain_item(keys.gate(), **({"identity": SEAT, "epoch": epoch, "version": 1, "write_id": "w"} | changes))
    gate.base.table.put(item)
    return item


def there(gate: Gate) -> Item:
    item = gate.base.table.get(keys.gate())
    assert item is not None
    return item


# Why it is closed.


@pytest.mark.parametrize(("ran", "why"), [(False, None), (True, ClosedReason.OLDER)])
def test_a_table_without_a_gate_is_new_or_older_than_what_ran_here(
    gate: Gate,
    place: GivenPlace,
    ran: bool,  # noqa: FBT001
    why: ClosedReason | None,
) -> None:
    place.ran = ran
    assert gate.why_closed() is why


@pytest.mark.parametrize(
    ("exclusive", "former", "epoch", "why"),
    [
        (True, False, 4, ClosedReason.OLDER),
        (True, False, 5, None),
        (True, False, 6, None),  # ahead by one at most
        (True, False, 7, ClosedReason.STALE),
        (True, True, 7, None),
        (False, False, 7, None),
        (False, False, 4, ClosedReason.OLDER),
    ],
)
def test_the_tables_epoch_is_held_against_that_of_the_evidence(
    gate: Gate,
    place: GivenPlace,
    exclusive: bool,  # noqa: FBT001
    former: bool,  # noqa: FBT001
    epoch: int,
    why: ClosedReason | None,
) -> None:
    place.exclusive, place.given[SEAT] = exclusive, Evidence(epoch=5, former=former)
    written(gate, epoch)
    assert gate.why_closed() is why


@pytest.mark.parametrize(("exclusive", "why"), [(True, ClosedReason.UNKNOWN), (False, ClosedReason.FOREIGN)])
def test_a_table_that_nothing_here_knows_is_closed(
    gate: Gate,
    place: GivenPlace,
    exclusive: bool,  # noqa: FBT001
    why: ClosedReason,
) -> None:
    place.exclusive = exclusive
    written(gate, identity=OTHERS)
    assert gate.why_closed() is why


def test_a_table_whose_copy_was_adopted_is_closed(gate: Gate, place: GivenPlace) -> None:
    place.given[SEAT] = Evidence(epoch=5, successor="seat-2")
    written(gate)
    assert gate.why_closed() is ClosedReason.SUCCEEDED


def test_a_shut_gate_is_closed_whatever_the_evidence_says(gate: Gate) -> None:
    written(gate, closed="was imported from a file")
    assert gate.why_closed() is ClosedReason.SHUT


def moves_between_the_reads(gate: Gate, place: GivenPlace, monkeypatch: pytest.MonkeyPatch, **later: Any) -> None:
    """The gate is at epoch 4; when the evidence is read, a tick has moved both on."""
    written(gate, 4)

    def evidence(_: str) -> Evidence:
        written(gate, **later)
        return place.given[SEAT]

    monkeypatch.setattr(place, "evidence", evidence)


def test_a_tick_that_moves_both_between_the_two_reads_closes_nothing(
    gate: Gate, place: GivenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves_between_the_reads(gate, place, monkeypatch)
    assert gate.why_closed() is None


def test_only_what_looked_older_is_read_again(gate: Gate, place: GivenPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    place.given[SEAT] = Evidence(epoch=2)
    moves_between_the_reads(gate, place, monkeypatch, epoch=3)
    assert gate.why_closed() is ClosedReason.STALE


# What the table lacks.


def claim(attempt: int, claim_id: str = "c") -> ClaimRecord:
    return ClaimRecord(pk=PK, sk=SK, attempt=attempt, claim_id=claim_id)


def claimed(bed: TestBed, **changes: Any) -> Delivery:
    return stand(bed, attempts=2, status=Status.PUBLISHING, **changes)


def lease(**changes: Any) -> Lease:
    return replace(Lease(claim_id="c", attempt=2, started_at=START, until=START, sends=True), **changes)


@pytest.mark.parametrize(
    ("kept", "asked", "knows"),
    [
        (None, (1, "c"), True),
        (None, (2, "c"), True),
        (None, (3, "c"), False),
        (lease(), (2, "c"), True),
        (lease(), (2, "another"), False),
        (lease(), (1, "another"), True),
        (lease(), (3, "c"), False),
        (lease(sends=False), (2, "another"), True),  # a look has no number of its own
    ],
)
def test_a_table_knows_a_claim_by_its_lease_or_by_the_number_of_its_tries(
    bed: TestBed,
    gate: Gate,
    place: GivenPlace,
    kept: Lease | None,
    asked: tuple[int, str],
    knows: bool,  # noqa: FBT001
) -> None:
    delivery = claimed(bed, lease=kept)
    key = keys.delivery(delivery.parent, delivery.channel)
    one = ClaimRecord(pk=key.pk, sk=key.sk, attempt=asked[0], claim_id=asked[1])
    place.claims = [one]
    written(gate)
    assert list(gate.lacking([one])) == ([] if knows else [(one, delivery)])
    assert gate.why_closed() is (None if knows else ClosedReason.LACKS)


def test_a_table_lacks_the_claim_of_what_it_does_not_have(gate: Gate, place: GivenPlace) -> None:
    place.claims = [claim(1)]
    written(gate)
    assert list(gate.lacking(place.claims)) == [(claim(1), None)]
    assert gate.why_closed() is ClosedReason.LACKS


def test_what_is_closed_anyway_keeps_its_reason_and_asks_for_no_claims(gate: Gate, place: GivenPlace) -> None:
    place.claims = [claim(1)]
    written(gate, 9)
    assert gate.why_closed() is ClosedReason.STALE
    assert place.asked == []


def test_claims_are_read_in_portions_to_their_end(gate: Gate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "READ_LIMIT", 2)
    claims = [claim(number) for number in range(1, 6)]
    assert [one for one, _ in gate.lacking(claims)] == claims


# Entering.


def test_a_new_table_gets_an_identity_and_a_start_counts_up(gate: Gate, place: GivenPlace) -> None:
    gate.enter()
    assert place.told == [("remember", "fresh", 0), ("hold", "fresh"), ("begin", "fresh", 1, 1)]
    item = there(gate)
    assert (item["identity"], item["epoch"], item["boot"], item["version"]) == ("fresh", 1, 1, 2)


def test_where_many_processes_work_no_start_is_counted(gate: Gate, place: GivenPlace) -> None:
    place.exclusive = False
    gate.enter()
    assert "boot" not in there(gate)
    assert place.told[-1] == ("begin", "fresh", 1, 0)


def test_a_start_looks_further_back_than_a_tick(gate: Gate, place: GivenPlace) -> None:
    written(gate)
    gate.check()
    gate.enter()
    assert place.asked == [module.LOOKED_AT, module.LOOKED_AT_ON_START]


def test_what_another_start_wrote_before_it_was_held_off_counts(
    gate: Gate, place: GivenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(gate, 5, boot=1)

    def hold(_: str) -> None:
        written(gate, 6, boot=2, version=2)

    monkeypatch.setattr(place, "hold", hold)
    gate.enter()
    assert (there(gate)["epoch"], there(gate)["boot"]) == (7, 3)


@pytest.mark.parametrize(("exclusive", "epoch", "remembered"), [(True, 5, False), (True, 6, True), (False, 6, False)])
def test_evidence_that_is_behind_by_one_catches_up_before_the_epoch_moves_on(
    gate: Gate,
    place: GivenPlace,
    exclusive: bool,  # noqa: FBT001
    epoch: int,
    remembered: bool,  # noqa: FBT001
) -> None:
    place.exclusive = exclusive
    written(gate, epoch)
    gate.enter()
    assert (("remember", SEAT, epoch) in place.told) is remembered
    assert there(gate)["identity"] == SEAT


def test_what_an_earlier_release_kept_beside_the_table_gets_a_new_identity(gate: Gate, place: GivenPlace) -> None:
    place.given[SEAT] = Evidence(epoch=5, former=True)
    written(gate)
    gate.enter()
    assert ("succeed", SEAT, "fresh") in place.told
    assert (there(gate)["identity"], there(gate)["epoch"]) == ("fresh", 6)
    assert not [one for one in place.told if one[0] == "remember"]


@pytest.mark.parametrize(("exclusive", "cut"), [(True, True), (False, False)])
def test_where_one_process_at_a_time_works_a_start_ends_the_claims_of_the_one_before(
    bed: TestBed,
    gate: Gate,
    place: GivenPlace,
    exclusive: bool,  # noqa: FBT001
    cut: bool,  # noqa: FBT001
) -> None:
    place.exclusive = exclusive
    one = claimed(bed, lease=lease(until=START.replace(hour=10), boot=7), next_at=START.replace(hour=10))
    written(gate, boot=7)
    gate.enter()
    after = now_of(bed, one).lease
    assert after is not None
    assert (after.until == bed.clock.now()) is cut


def test_a_closed_gate_lets_nobody_in_and_writes_nothing(gate: Gate, place: GivenPlace) -> None:
    before = written(gate, 4)
    with pytest.raises(GateClosedError):
        gate.enter()
    assert there(gate) == before
    assert not [one for one in place.told if one[0] == "begin"]


def test_what_only_a_lagging_index_lists_under_a_status_is_left_out(
    bed: TestBed, gate: Gate, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone_on = delivery_item(replace(claimed(bed), status=Status.HELD), lambda _: 0)
    monkeypatch.setattr(module, "stored_items", lambda *_: iter([gone_on]))
    assert list(gate.with_status(Status.PUBLISHING)) == []
    assert len(list(gate.with_status(Status.HELD))) == 1


# The epoch moves on.


def test_nothing_moves_where_this_process_does_not_work_alone(gate: Gate) -> None:
    before = written(gate)
    gate.move()
    assert there(gate) == before


def test_nothing_moves_without_a_gate(gate: Gate, place: GivenPlace) -> None:
    place.boot = 3
    gate.move()
    assert (gate.base.table.get(keys.gate()), place.told) == (None, [])


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Evidence(epoch=5), [("remember", SEAT, 6)]),
        (Evidence(epoch=4), [("remember", SEAT, 5), ("remember", SEAT, 6)]),
        (None, [("remember", SEAT, 6)]),
    ],
)
def test_the_epoch_moves_by_one_and_the_evidence_never_falls_behind_by_more(
    gate: Gate, place: GivenPlace, given: Evidence | None, told: list[tuple[Any, ...]]
) -> None:
    place.boot, place.given = 3, {SEAT: given} if given else {}
    written(gate, boot=3)
    gate.move()
    assert place.told == told
    assert (there(gate)["epoch"], there(gate)["boot"]) == (6, 3)


def test_of_two_ticks_that_move_it_at_once_one_is_remembered(
    gate: Gate, place: GivenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.boot = 3
    written(gate)
    read = place.evidence

    def evidence(identity: str) -> Evidence | None:
        written(gate, 6, version=2, write_id="another tick")
        return read(identity)

    monkeypatch.setattr(place, "evidence", evidence)
    gate.move()
    assert (place.told, there(gate)["epoch"]) == ([], 6)


# What it says.


@pytest.mark.parametrize(
    ("why", "asks"),
    [
        (ClosedReason.OLDER, False),
        (ClosedReason.FOREIGN, False),
        (ClosedReason.UNKNOWN, True),
        (ClosedReason.STALE, True),
    ],
)
def test_only_where_nothing_tells_a_person_is_asked_which_it_is(
    gate: Gate, monkeypatch: pytest.MonkeyPatch, why: ClosedReason, *, asks: bool
) -> None:
    written(gate)
    monkeypatch.setattr(Gate, "why_closed", lambda _: why)
    with pytest.raises(GateClosedError) as closed:
        gate.check()
    hints = closed.value.hints
    assert [hint.action for hint in hints] == ([Action.ADOPT, Action.ADOPT_SAME] if asks else [Action.ADOPT])


@pytest.mark.parametrize("beaten", [False, True])
def test_it_says_when_the_scheduler_ran_last_if_that_is_known(bed: TestBed, gate: Gate, *, beaten: bool) -> None:
    written(gate)
    if beaten:
        note(bed.system.world.table, began(START))
    moment = "2026-11-23T09:00:00.000Z" if beaten else "an unknown moment"
    assert gate.sentence(ClosedReason.UNKNOWN) == (
        "This table has run, but the shelf has no evidence of it; its scheduler ran last at "
        f"{moment}. Nothing is sent from it."
    )


def test_a_shut_gate_says_why_it_was_shut(gate: Gate) -> None:
    gate.shut("was imported from a file")
    assert gate.sentence(ClosedReason.SHUT).startswith("This table was imported from a file;")
    assert (there(gate)["version"], there(gate)["epoch"]) == (1, 0)
