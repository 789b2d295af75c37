"""Brings one machine into the states in which something is told."""

from omnipub.domain.delivery import actions, decide, moves
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER
from omnipub.services.messages.read import Viewer
from omnipub.storage import keys
from omnipub.storage.items import Connection, plain_item
from omnipub.wiring.assemble import System
from support.hint_person import Person

AHEAD = "--at 2027-12-01T09:00 --zone Europe/Berlin"
ANNOUNCED = "certs announce --member 'Ada Lovelace' --type SAA-C03 --earned-on 2026-01-20 --to webhook"
NOBODY = "01KB0CVP6ZJ7X3Q5N8T4W2E9HD"


def made(person: Person, line: str = "messages create Hello --to facebook") -> str:
    """The id of what a command makes."""
    said = person.run(f"{line} -q")
    assert said.code == 0, said.text
    return said.out.strip()


def deliveries(system: System, id_: str) -> tuple[Delivery, ...]:
    """The deliveries of a message or certification."""
    for kind in ParentKind:
        if system.world.table.get(keys.metadata(Parent(kind=kind, id=id_))) is not None:
            return system.showing.one(Parent(kind=kind, id=id_), Viewer(owner=LOCAL_OWNER, operator=True)).deliveries
    raise AssertionError(id_)


def status(system: System, id_: str) -> str:
    """The state of its first delivery."""
    return deliveries(system, id_)[0].status.value


def moved(system: System, delivery: Delivery) -> Delivery:
    """Write a delivery as it shall stand."""
    (there,) = (one for one in deliveries(system, delivery.parent.id) if one.channel == delivery.channel)
    return system.operate.recording.move(there, delivery)


def doubted(person: Person, system: System, line: str = "messages create Hello --to facebook") -> str:
    """A message whose first delivery may be out."""
    id_ = made(person, line)
    moved(system, actions.doubted(deliveries(system, id_)[0], system.world.clock.now(), sentence="Who knows."))
    return id_


def missed(person: Person, system: System, line: str = "messages create Hello --to facebook") -> str:
    """A message that nobody sent in time."""
    id_ = made(person, line)
    moved(system, moves.missed(deliveries(system, id_)[0], system.world.clock.now()))
    return id_


def held(person: Person, system: System, line: str = "messages create Hello --to facebook") -> str:
    """A message that something holds."""
    id_ = made(person, line)
    moved(system, decide.held(deliveries(system, id_)[0], system.world.clock.now(), sentence="It is paused."))
    return id_


def connection(system: System, channel: str, owner: str = LOCAL_OWNER) -> Connection:
    """A connected account."""
    found = system.accounts.find(owner, channel)
    assert found is not None
    return found


def unusable(system: System, channel: str, owner: str = LOCAL_OWNER) -> Connection:
    """An account that needs its owner."""
    system.accounts.hold(connection(system, channel, owner), reason="The token expired.")
    return connection(system, channel, owner)


def foreign(system: System) -> None:
    """The table belongs to another place."""
    gate = system.world.table.get(keys.gate())
    version = gate["version"] if gate else 0
    system.world.table.put(plain_item(keys.gate(), identity="elsewhere", epoch=1, version=version + 1))
