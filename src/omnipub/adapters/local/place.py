"""The place of a table on one machine: a state directory outside the data, with the evidence about each table.

A table brings its own identity, drawn at random when it is made or adopted. And the evidence is found by it. So a
directory may be moved or be named in another way, and several tables share a state directory. What lies there for one
identity: `<identity>.db` with epoch and claims, and `<identity>.lock`, held while `up` runs.
"""

import json
import os
import re
import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from omnipub import private_files, user_directories
from omnipub.adapters.local import former_place
from omnipub.adapters.local.evidence import EvidenceFile
from omnipub.adapters.local.lock import LockTakenError, locked
from omnipub.config import Settings
from omnipub.errors import ConflictError, UnavailableError
from omnipub.hints import Action, Hint
from omnipub.ports.place import ClaimRecord, Evidence
from omnipub.strict_json import loads

SEATS = "seats"
"""The folder of the state directory that holds the evidence."""

SEAT = "seat"
"""The file beside the table that names its identity; the table's own word counts."""

PATIENCE = 0.5
"""Seconds that a lock is waited for."""

_IDENTITY = re.compile(r"(seat-)?[0-9a-f]{32}")
SUCCESSIONS = 1_000
"""More than anybody adopts; a circle ends."""


_KEPT: list[ExitStack] = []
"""Locks that only the end of the process lets go of."""


def state_of(settings: Settings) -> Path:
    """The state directory of a stage on one machine."""
    return Path(settings.state) if settings.state else user_directories.state()


def has_run(data: Path) -> bool:
    """Whether a table with an identity has lain in a data directory, by the note beside it."""
    return (data / SEAT).exists() or bool(former_place.epoch(data))


class DirectoryPlace:
    """The `Place` port over a state directory.

    Args:
        data: The data directory that the table lies in.
        state: The state directory, which is made when something is written.
    """

    exclusive = True

    def __init__(self, data: Path, state: Path) -> None:
        self.boot = 0
        self.where = f"the state directory {state}"
        self._data = data
        self._folder = state / SEATS
        self._files: dict[str, EvidenceFile] = {}
        self._locks: dict[str, ExitStack] = {}
        self._works_on = ""
        self._opening = threading.Lock()

    def fresh(self, epoch: int) -> str:
        """A random identity, whose evidence begins with that epoch."""
        identity = f"seat-{secrets.token_hex(16)}"
        self._made(identity).begin(epoch)
        return identity

    def evidence(self, identity: str) -> Evidence | None:
        """What the file says, or what an earlier release left beside the table."""
        file = self._known(identity)
        found = file.read() if file else None
        if found is None:
            return self._former(identity)
        known, _ = found
        after = self.evidence(known.successor) if known.successor and self._has_begun(known.successor) else None
        if after is None:
            return self._former(identity) or replace(known, successor="")
        return replace(known, reach=max(known.reach, after.reach))

    def has_run(self) -> bool:
        """Whether a table with an identity has lain here."""
        return has_run(self._data)

    def hold(self, identity: str) -> None:
        """Lock the identity and all that it has gone on as."""
        for one in self._line(identity):
            if one not in self._locks:
                self._locks[one] = self._lock(one)

    def begin(self, identity: str, *, epoch: int, boot: int) -> None:
        """This process works on the table of that identity from now on; the epoch is kept."""
        self.hold(identity)
        self.remember(identity, epoch)
        self.boot, self._works_on = boot, identity

    def join(self, identity: str) -> None:
        """Take claims beside the `up` of this very directory, or alone if none runs."""
        try:
            self.hold(identity)
        except ConflictError:
            if _noted(self._lock_of(identity)).get("data") != str(self._data.resolve()):
                raise
        self._works_on = identity

    def remember(self, identity: str, epoch: int) -> None:
        """Write the epoch into the file, and beside the table whose it is."""
        self._made(identity).remember(epoch)
        try:
            self._note(identity)
        except OSError as error:
            raise UnavailableError(
                f"The file {self._data / SEAT} could not be written: {error.strerror}.",
                hint=Hint(action=Action.SHOW_RIGHTS, when="Check who may write there", data=str(self._data)),
            ) from error

    def claimed(self, claim: ClaimRecord) -> None:
        """Append the claim to the file of the table that this process works on."""
        file = self._known(self._works_on)
        if file is None:
            raise UnavailableError(
                f"This process does not hold the evidence of the table in {self._data}, so nothing is sent from it.",
                hint=Hint(action=Action.START, when="Publish with it running"),
            )
        file.claimed(claim)

    def latest(self, identity: str, *, at_most: int) -> Sequence[ClaimRecord]:
        """The last claims; none once this process has begun: what it writes down is in the table before."""
        file = self._known(identity)
        return file.latest(at_most) if file and not self.boot else ()

    def claims(self, identity: str, *, since: int) -> Iterator[ClaimRecord]:
        """Those of the identity and of all that it has gone on as."""
        for one in self._line(identity):
            file = self._known(one)
            if file is not None:
                yield from file.since(since)

    def succeed(self, identity: str, successor: str) -> None:
        """Write the successor into the file of the last one of the line."""
        *_, last = self._line(identity)
        found = self.evidence(last)
        file = self._made(last)
        file.begin(found.epoch if found else 0)
        file.succeed(successor)

    def keep_until_exit(self) -> None:
        """Keep the locks until this process ends, also if the seat is closed before."""
        _KEPT.extend(self._locks.values())
        self._locks.clear()

    def close(self) -> None:
        """Let go of files and locks."""
        self.boot, self._works_on = 0, ""
        with self._opening:
            files, self._files = list(self._files.values()), {}
        for file in files:
            file.close()
        for lock in self._locks.values():
            lock.close()
        self._locks.clear()

    def _line(self, identity: str) -> Iterator[str]:
        """The identity and all that it has gone on as, in their order."""
        for _ in range(SUCCESSIONS):
            yield identity
            found = self.evidence(identity)
            if found is None or not found.successor:
                return
            identity = found.successor

    def _lock(self, identity: str) -> ExitStack:
        if not _IDENTITY.fullmatch(identity):
            return ExitStack()
        with self._usable():
            private_files.directory(self._folder)
            file = private_files.file(self._lock_of(identity))
            with ExitStack() as stack:
                try:
                    stack.enter_context(locked(file, patience=PATIENCE))
                except LockTakenError as error:
                    raise ConflictError(
                        f"This table, or a copy of it, is at work already{_holder(file)}.",
                        hint="Stop it there, or choose another directory with --data DIR.",
                    ) from error
                file.write_text(json.dumps({"pid": os.getpid(), "data": str(self._data.resolve())}))
                return stack.pop_all()

    def _lock_of(self, identity: str) -> Path:
        return self._folder / f"{identity}.lock"

    def _former(self, identity: str) -> Evidence | None:
        epoch = former_place.epoch(self._data)
        if not epoch or identity != former_place.identity(self._data):
            return None
        return Evidence(epoch=epoch, former=True)

    def _has_begun(self, identity: str) -> bool:
        file = self._known(identity)
        found = file.read() if file else None
        return found is not None and found[1]

    def _known(self, identity: str) -> EvidenceFile | None:
        """The file of an identity, if there is one."""
        if not _IDENTITY.fullmatch(identity):
            return None
        with self._usable():
            there = (self._folder / f"{identity}.db").exists()
        return self._opened(identity) if there else None

    def _made(self, identity: str) -> EvidenceFile:
        with self._usable():
            private_files.directory(self._folder)
        return self._opened(identity)

    def _opened(self, identity: str) -> EvidenceFile:
        with self._opening:
            if identity not in self._files:
                self._files[identity] = EvidenceFile(self._folder / f"{identity}.db")
            return self._files[identity]

    def _note(self, identity: str) -> None:
        beside = self._data / SEAT
        if not beside.exists() or beside.read_text() != identity:
            private_files.file(beside).write_text(identity)
        former_place.forget(self._data)

    @contextmanager
    def _usable(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise UnavailableError(
                f"The state directory {self._folder.parent} cannot be used: {error.strerror}. It holds the evidence of "
                "what was sent, so nothing is sent without it.",
                hint="Choose another with --state DIR.",
            ) from error


def _holder(lock: Path) -> str:
    known = _noted(lock)
    return f" in {known['data']} (process {known['pid']})" if {"data", "pid"} <= known.keys() else ""


def _noted(lock: Path) -> dict[str, object]:
    """What whoever holds a lock has written into it."""
    try:
        known = loads(lock.read_text())
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}
