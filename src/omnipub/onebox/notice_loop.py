"""The loop that sends notices on one machine, in a thread of its own; no post waits for it."""

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from omnipub.errors import OmnipubError, UnavailableError
from omnipub.names import LOCAL_OWNER
from omnipub.onebox import machine_checks
from omnipub.services.health.finding import Finding
from omnipub.services.notify.notices import Words
from omnipub.services.notify.storage_trouble import StorageTrouble
from omnipub.wiring.assemble import System

FIRST = timedelta(minutes=1)
"""So long after a start the first look comes: what waited for the start is no news."""

EVERY = timedelta(minutes=1)

ONCE = timedelta(seconds=10)
"""After so long no notice is begun where a start waits for it."""


class NoticeLoop:
    """Looks each minute, and tells.

    Args:
        system: What is looked at.
        words: How hints are worded for whoever is told.
        first: The wait for the first look.
        every: The wait from look to look.
    """

    def __init__(self, system: System, words: Words, *, first: timedelta = FIRST, every: timedelta = EVERY) -> None:
        self._system = system
        self._words = words
        self._first = first
        self._every = every
        self._trouble: UnavailableError | None = None
        self._woken = threading.Event()
        self._stopped = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End after what is being sent; a notice that is cut off is sent again after the next start."""
        self._stopped = True
        self._woken.set()
        self._thread.join(timeout=1)

    def once(self) -> None:
        """Look and tell at this moment, for who cannot start and run: nobody else would tell it."""
        until = self._system.world.clock.now() + ONCE
        try:
            self._system.notices.round(lambda: list(self._findings()), self._words, until=until)
        except Exception as error:  # noqa: BLE001  what keeps it from starting is the error to be seen
            self._system.notices.broke(error)

    def storage(self, trouble: OmnipubError | None) -> None:
        """The engines met trouble with storage, or it is over: that is told at once."""
        self._trouble = trouble if isinstance(trouble, UnavailableError) else None
        if self._trouble is not None:
            self._woken.set()

    def _run(self) -> None:
        storage = StorageTrouble(notices=self._system.notices)
        storage.remember()
        wait = self._first
        while True:
            self._woken.wait(wait.total_seconds())
            self._woken.clear()
            if self._stopped:
                return
            wait = self._every
            storage.remember()
            try:
                self._look(storage)
            except Exception as error:  # noqa: BLE001  a mistake of ours must not end the telling
                if self._stopped:
                    return  # its table is closed
                self._system.notices.broke(error)

    def _look(self, storage: StorageTrouble) -> None:
        try:
            if self._trouble is not None:
                raise self._trouble
            self._system.notices.round(lambda: list(self._findings()), self._words)
        except UnavailableError as error:
            storage.met(error)
        else:
            storage.over()

    def _findings(self) -> Iterator[Finding]:
        yield from self._system.checkup.look(LOCAL_OWNER, running=True)
        yield from machine_checks.stream(self._system)
        yield machine_checks.disk(Path(self._system.settings.data))
