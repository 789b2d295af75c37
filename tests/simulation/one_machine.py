"""Histories of one machine: power is cut, a process starts again, and sometimes an older table is put in its place.

Everything that works dies at once, as all of it is one process. Its evidence lies elsewhere and stays. An older
state must be recognised by whoever starts, and what is adopted then doubles nothing.
"""

from datetime import timedelta

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.timestamps import Schedule
from omnipub.errors import GateClosedError, OmnipubError
from omnipub.ports.table import Item, Key
from omnipub.storage import keys
from simulation.history import ME, MINUTE, STORM, History, Weather
from support.places import SharedPlace, SharedState

Copy = dict[Key, Item]


class MachineSeat(SharedPlace):
    """A process's seat; `name` is the identity of the table that it works on."""

    @property
    def name(self) -> str:
        """What the gate of the table must say while something is sent."""
        return self._works_on


class MachineHistory(History):
    """The same world, worked on by one process at a time."""

    def __init__(self, seed: int) -> None:
        # A thread does not die alone, and whoever adopts must know that the accounts' tokens are as they were.
        super().__init__(seed, Weather(deaths=False, late=seed % 3 == 0, key_fails=seed % 4 == 0))
        self.shelf = SharedState()
        self.place = MachineSeat(self.shelf)
        self.original: Copy | None = None

    def _people(self) -> None:
        super()._people()
        self.hub.start("power", self._power, mortal=False)

    def _power(self) -> None:
        """Cuts it, again and again; what was put in the table's place meanwhile is older by up to three minutes."""
        chance = self.hub.chance
        while self.hub.time < STORM - 5 * MINUTE:
            self.hub.wait(chance.randint(1_000, 4 * MINUTE))
            if self.original is not None and chance.random() < 0.3:
                self._cut(self.original)
                self._patiently(self._start)
                continue
            copy = self._copied() if chance.random() < 0.6 else None
            if copy is not None:
                if chance.random() < 0.5:
                    self._hurry()
                self.hub.wait(chance.choice([chance.randint(500, 20_000), chance.randint(500, 3 * MINUTE)]))
            self._cut(copy)
            self.hub.wait(chance.randint(100, 20_000))
            self._patiently(self._start)

    def _copied(self) -> Copy:
        return {key: dict(item) for key, item in self.table.items.items()}

    def _hurry(self) -> None:
        """An author moves something that is scheduled for later to now."""
        for asked in self.asked:
            waiting = self._delivery(asked.id, asked.channels[0])
            if waiting is None or waiting.status is not Status.SCHEDULED or waiting.due_at is None:
                continue
            at = self.hub.now() + timedelta(seconds=1)
            if waiting.due_at > at:
                self.hub.tell(f"{asked.id[-4:]} is moved ahead")
                try:
                    schedule = Schedule(at=at, local=at.isoformat(), zone="UTC")
                    self._system().operate.edit(Parent(kind=ParentKind.MESSAGE, id=asked.id), ME, schedule=schedule)
                except OmnipubError as error:
                    self.hub.tell(f"is told: {error.message}")
                return

    def _cut(self, copy: Copy | None) -> None:
        """At one moment: every process is gone, and the table may be an older one."""
        self.hub.tell("THE POWER IS CUT" + (", AND AN OLDER TABLE PUT BACK" if copy else ""))
        self._end()
        self.behind = False
        if copy is None:
            return
        identity = self.table.items[keys.gate()]["identity"]
        self.original = self._copied()  # it may come back, as it was last, after the older one was adopted
        self.table = self._table()
        self.table.copy_from(copy)
        there = copy[keys.gate()]
        self.behind = there["identity"] != identity or there["epoch"] < self.shelf.epochs[identity]
        self.restored = True
        known = {key.pk for key in copy}
        self.asked = [asked for asked in self.asked if f"MSG#{asked.id}" in known]
        paused = {key.sk for key in copy if key.pk == keys.pauses()}
        self.paused_since = {scope: since for scope, since in self.paused_since.items() if scope in paused}

    def _end(self) -> None:
        """The process is gone, and another one has its own view of the place."""
        self.hub.doom()
        self.busy_lanes.clear()
        self.shelf.held.clear()
        self.place = MachineSeat(self.shelf)
        self.place.ran = True

    def _start(self) -> None:
        """As `up` starts, or ends if it cannot; whoever is refused adopts the table and starts again."""
        self._end()
        system = self._system()
        try:
            system.gate.enter()
        except GateClosedError as error:
            self.hub.tell(f"is told: {error.message}")
            self.behind = False  # also if the answer is lost: then it may be adopted already
            system.adoption.adopt()
            self.hub.tell("the table is adopted")
            system.gate.enter()
        if self.behind:
            self.fail("an older table is taken for the one that ran last")
