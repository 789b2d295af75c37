"""The gate where something was brought in: shut whatever identity and epoch say, until somebody adopts."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import RANDOM_BYTES, Parent, ParentKind, new_id
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule
from omnipub.errors import GateClosedError
from omnipub.ports.table import ConditionFailedError, Key
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.gate import CLOSED
from omnipub.storage import access, keys
from omnipub.storage.items import delivery_item, delivery_of
from support.seeded import seed
from support.world import OWNER, START, TestBed, only


def never_entered(_: TestBed) -> None:
    pass


def entered(bed: TestBed) -> None:
    bed.system.gate.enter()


def entered_elsewhere(bed: TestBed) -> None:
    bed.system.gate.enter()
    bed.place.name = "elsewhere"


@pytest.mark.parametrize("before", [never_entered, entered, entered_elsewhere])
def test_a_shut_gate_is_closed_until_it_is_adopted(bed: TestBed, before: Callable[[TestBed], None]) -> None:
    before(bed)
    bed.system.gate.shut("was imported from a file")
    for _ in range(2):
        with pytest.raises(GateClosedError, match="This table was imported from a file"):
            bed.system.gate.check()
    bed.system.adoption.adopt()
    bed.system.gate.enter()
    item = bed.system.world.table.get(keys.gate())
    assert item is not None
    assert CLOSED not in item


def test_shutting_keeps_what_the_gate_knew_of_its_place(bed: TestBed) -> None:
    entered_elsewhere(bed)
    before = bed.system.world.table.get(keys.gate())
    assert before is not None
    bed.system.gate.shut("was restored from a backup")
    after = bed.system.world.table.get(keys.gate())
    assert after == before | {CLOSED: "was restored from a backup", "version": before["version"] + 1}


def test_an_up_that_runs_while_the_gate_is_shut_cannot_open_it(bed: TestBed) -> None:
    bed.system.gate.enter()
    bed.system.gate.shut("was imported from a file")
    with pytest.raises(GateClosedError):
        bed.system.gate.enter()
    with pytest.raises(GateClosedError):
        bed.system.dispatch.tick()


def test_shutting_and_entering_at_the_same_moment_do_not_both_succeed(
    bed: TestBed, monkeypatch: pytest.MonkeyPatch
) -> None:
    bed.system.gate.enter()
    get = bed.system.world.table.get

    def enters_meanwhile(key: Key) -> object:
        found = get(key)
        monkeypatch.undo()
        bed.system.gate.enter()
        return found

    monkeypatch.setattr(bed.system.world.table, "get", enters_meanwhile)
    with pytest.raises(ConditionFailedError):
        bed.system.gate.shut("was imported from a file")


def test_adopting_leaves_what_was_invented_alone(bed: TestBed) -> None:
    seed(bed, messages=200)
    before = [item for item in access.everything(bed.system.world.table) if item.get("status") == Status.HELD.value]
    assert before
    bed.system.gate.shut("was imported from a file")
    assert bed.system.adoption.adopt().doubts == []
    assert all(bed.system.world.table.get(Key(item["PK"], item["SK"])) == item for item in before)


def held(bed: TestBed, number: int, *, due: timedelta) -> Delivery:
    parent = Parent(kind=ParentKind.MESSAGE, id=new_id(START, number.to_bytes(RANDOM_BYTES, "big")))
    delivery = Delivery(
        parent=parent,
        channel="keyed",
        account="acc-keyed",
        owner=OWNER,
        status=Status.HELD,
        due_at=bed.clock.now() + due,
        next_at=bed.clock.now() + timedelta(milliseconds=number),
    )
    bed.system.world.table.put(delivery_item(delivery, lambda _: 0))
    return delivery


def test_what_is_in_doubt_is_found_behind_any_number_that_is_not(bed: TestBed) -> None:
    """Held ones whose author moved them ahead stand before one that was due: by the moment they were held at."""
    for number in range(access.PAGE * 2):
        held(bed, number, due=timedelta(days=3))
    due = held(bed, 999, due=timedelta(hours=-1))
    (doubt,) = bed.system.adoption.adopt().doubts
    assert doubt.parent == due.parent
    item = bed.system.world.table.get(keys.delivery(due.parent, "keyed"))
    assert item is not None
    assert delivery_of(item).status is Status.UNCONFIRMED


def a_copy_with_one_that_is_held(bed: TestBed) -> str:
    """The original may have let it go and sent it since."""
    bed.system.gate.enter()
    bed.system.pauses.pause("everything", reason="Stop.", by="on-call")
    message = composed(bed)
    bed.pass_time(START + timedelta(minutes=2))
    assert status(bed, message) is Status.HELD
    bed.place.name = "elsewhere"
    return message


def composed(bed: TestBed) -> str:
    return bed.system.compose.message(owner=OWNER, content=Content(text="Out?"), channels=["looked"]).id


def status(bed: TestBed, message: str) -> Status:
    return only(bed, message).status


def test_in_a_copy_nothing_is_resumed_before_it_is_adopted(bed: TestBed) -> None:
    message = a_copy_with_one_that_is_held(bed)
    with pytest.raises(GateClosedError):
        bed.system.pauses.resume("everything", send_late=False)
    bed.system.adoption.adopt()
    assert status(bed, message) is Status.UNCONFIRMED


def test_in_a_copy_an_account_that_is_connected_again_lets_nothing_go(bed: TestBed) -> None:
    bed.system.gate.enter()
    message = composed(bed)
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    bed.system.accounts.hold(connection, reason="The token ended.")
    bed.pass_time(START + timedelta(minutes=2))
    assert status(bed, message) is Status.HELD
    bed.place.name = "elsewhere"
    bed.clock.advance(days=2)
    bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("t"))
    assert status(bed, message) is Status.HELD
    bed.system.adoption.adopt()
    assert status(bed, message) is Status.UNCONFIRMED


def test_in_a_copy_no_message_is_edited(bed: TestBed) -> None:
    bed.system.gate.enter()
    message = composed(bed)
    bed.place.name = "elsewhere"
    tomorrow = START + timedelta(days=1)
    later = Schedule(at=tomorrow, local=tomorrow.isoformat(), zone="UTC")
    with pytest.raises(GateClosedError):
        bed.system.operate.edit(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=OWNER), schedule=later)
    bed.system.adoption.adopt()
    assert status(bed, message) is Status.UNCONFIRMED
