"""Virtual time and processes: everything that happens, in an order that one seed decides.

A process is a greenlet. It gives way at every call of a port, for a time that chance decides, so that any
two processes may interleave between any two port calls; and there it may die, before the call has its
effect or after, as a machine dies. What a dead process held in memory is gone.
"""

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count

import greenlet

EPOCH = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class DeathError(BaseException):
    """This process's machine is gone. Nothing may catch and handle it."""


@dataclass
class Process:
    """One invocation of a function, a request, or a person's action."""

    name: str
    machine: greenlet.greenlet
    mortal: bool
    dead: bool = False
    doomed: bool = False
    failed: BaseException | None = None
    done: Callable[["Process"], None] | None = None


_Event = tuple[int, int, Process]
"""When, the number that makes the order complete, and who goes on then."""


class Hub:
    """Runs processes in virtual time, in milliseconds since EPOCH."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)  # noqa: S311  one seed, one history
        self.time = 0
        self.death_rate = 0.0
        self.story: list[str] = []
        self._events: list[_Event] = []
        self._order = count()
        self._current: Process | None = None
        self._main = greenlet.getcurrent()

    def now(self) -> datetime:
        """The true present; processes' clocks may differ."""
        return EPOCH + timedelta(milliseconds=self.time)

    @property
    def current(self) -> Process | None:
        """The process that runs now."""
        return self._current

    def tell(self, text: str) -> None:
        """Add a line to the story."""
        who = self._current.name if self._current else "-"
        self.story.append(f"{self.now().strftime('%H:%M:%S.%f')[:-3]}  {who:24} {text}")

    def start(
        self,
        name: str,
        run: Callable[[], None],
        *,
        after: int = 0,
        mortal: bool = True,
        done: Callable[[Process], None] | None = None,
    ) -> Process:
        """Start a process `after` milliseconds from now."""
        # The parent is where a greenlet's end leads: always to the hub, whoever started it.
        machine = greenlet.greenlet(lambda: self._body(process, run), parent=self._main)
        process = Process(name=name, machine=machine, mortal=mortal, done=done)
        self._at(self.time + after, process)
        return process

    def run(self, until: int) -> None:
        """Let time pass until `until`."""
        while self._events and self._events[0][0] <= until:
            at, _, process = heapq.heappop(self._events)
            if process.dead:
                continue
            self.time = max(self.time, at)
            self._current = process
            if process.doomed:
                self.tell("is gone")
                process.machine.throw(DeathError())
            else:
                process.machine.switch()
            self._current = None
            if process.machine.dead and process.done is not None:
                done, process.done = process.done, None
                done(process)
        self.time = max(self.time, until)

    def give_way(self, least: int = 0, most: int = 30) -> None:
        """Let others run for a while that chance decides; here a process may die."""
        self.wait(self.chance.randint(least, most))

    def wait(self, milliseconds: int) -> None:
        """Go on later, or never."""
        process = self._current
        if process is None:
            return  # outside of any process: preparations and checks happen at once
        if process.mortal and self.death_rate and self.chance.random() < self.death_rate:
            self.die()
        self._at(self.time + max(0, milliseconds), process)
        self._main.switch()

    def doom(self) -> None:
        """Every mortal process that has begun is dead from now on; it learns of it where it would have gone on."""
        for _, _, process in self._events:
            if process.mortal and process.machine:
                process.doomed, process.done = True, None

    def die(self) -> None:
        """End the present process here."""
        self.tell("dies")
        raise DeathError

    def _at(self, time: int, process: Process) -> None:
        heapq.heappush(self._events, (time, next(self._order), process))

    def _body(self, process: Process, run: Callable[[], None]) -> None:
        try:
            run()
        except DeathError as death:
            process.dead, process.failed = True, death
        except Exception as error:
            if not process.mortal:
                raise  # the simulator itself is wrong
            process.failed = error  # whoever waits for it decides
