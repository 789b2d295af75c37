"""Places in memory: one as on AWS, named by the world outside, and one as on one machine, with evidence of claims."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from omnipub.errors import ConflictError, UnavailableError
from omnipub.ports.place import ClaimRecord, Evidence


@dataclass
class FakePlace:
    """A place with a name and a note, as on AWS: a table of another name is a copy."""

    name: str = "here"
    known: int = 0
    boot: int = 0
    where: str = "a note"
    exclusive: bool = False

    def fresh(self, epoch: int) -> str:  # noqa: ARG002
        return self.name

    def evidence(self, identity: str) -> Evidence | None:
        return Evidence(epoch=self.known) if identity == self.name else None

    def has_run(self) -> bool:
        return bool(self.known)

    def hold(self, identity: str) -> None:
        """Nothing."""

    def begin(self, identity: str, *, epoch: int, boot: int) -> None:  # noqa: ARG002
        self.remember(identity, epoch)

    def join(self, identity: str) -> None:
        """Nothing."""

    def remember(self, identity: str, epoch: int) -> None:  # noqa: ARG002
        self.known = max(epoch, self.known)

    def claimed(self, claim: ClaimRecord) -> None:
        """Nothing."""

    def latest(self, identity: str, *, at_most: int) -> Sequence[ClaimRecord]:  # noqa: ARG002
        return ()

    def claims(self, identity: str, *, since: int) -> Iterator[ClaimRecord]:  # noqa: ARG002
        return iter(())

    def succeed(self, identity: str, successor: str) -> None:
        """Nothing."""


@dataclass
class SharedState:
    """A state directory: what is known of each identity, and who holds it."""

    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    epochs: dict[str, int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)
    successors: dict[str, str] = field(default_factory=dict)
    claims: list[tuple[str, int, ClaimRecord]] = field(default_factory=list)
    held: dict[str, "SharedPlace"] = field(default_factory=dict)
    broken: bool = False


class SharedPlace:
    """The place of one process over a shelf, as on one machine."""

    exclusive = True
    where = "the shelf"

    def __init__(self, shelf: SharedState | None = None) -> None:
        self.shelf = shelf or SharedState()
        self.boot = 0
        self.ran = False
        self._works_on = ""

    def fresh(self, epoch: int) -> str:
        self._work()
        identity = f"seat-{next(self.shelf.numbers)}"
        self.shelf.epochs[identity] = epoch
        return identity

    def evidence(self, identity: str) -> Evidence | None:
        if identity not in self.shelf.epochs:
            return None
        successor = self.shelf.successors.get(identity, "")
        return Evidence(epoch=self.shelf.epochs[identity], successor=successor if successor in self.shelf.begun else "")

    def has_run(self) -> bool:
        return self.ran

    def hold(self, identity: str) -> None:
        for one in self._line(identity):
            if self.shelf.held.setdefault(one, self) is not self:
                raise ConflictError("A copy is at work.")

    def begin(self, identity: str, *, epoch: int, boot: int) -> None:
        self.hold(identity)
        self.remember(identity, epoch)
        self.boot, self._works_on = boot, identity

    def join(self, identity: str) -> None:
        self._works_on = identity

    def remember(self, identity: str, epoch: int) -> None:
        self._work()
        self.shelf.epochs[identity] = max(epoch, self.shelf.epochs.get(identity, 0))
        self.shelf.begun.add(identity)
        self.ran = True

    def claimed(self, claim: ClaimRecord) -> None:
        self._work()
        if not self._works_on:
            raise UnavailableError("Nothing has begun here.")
        self.shelf.claims.append((self._works_on, self.shelf.epochs[self._works_on], claim))

    def latest(self, identity: str, *, at_most: int) -> Sequence[ClaimRecord]:
        if self.boot:
            return ()
        return [claim for name, _, claim in reversed(self.shelf.claims) if name == identity][:at_most]

    def claims(self, identity: str, *, since: int) -> Iterator[ClaimRecord]:
        line = set(self._line(identity))
        return (claim for name, epoch, claim in list(self.shelf.claims) if name in line and epoch >= since - 2)

    def succeed(self, identity: str, successor: str) -> None:
        *_, last = self._line(identity)
        self.shelf.successors[last] = successor

    def close(self) -> None:
        self.boot = 0
        self.shelf.held = {name: place for name, place in self.shelf.held.items() if place is not self}

    def _line(self, identity: str) -> Iterator[str]:
        while identity:
            yield identity
            found = self.evidence(identity)
            identity = found.successor if found else ""

    def _work(self) -> None:
        if self.shelf.broken:
            raise UnavailableError("The shelf is broken.")
