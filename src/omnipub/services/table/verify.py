"""Read the whole table and report what is wrong in it.

A finding counts only if a second look finds it too.

Whoever writes meanwhile lets an item and its relatives look contradictory for a moment. Looking again at what
looked wrong, after everything else of the portion was read, keeps that from being reported.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from omnipub.ports.table import Item, Key
from omnipub.services.base import Base
from omnipub.services.table.integrity_items import IntegrityCheck, alone
from omnipub.services.table.integrity_relations import beside, relatives
from omnipub.storage import access
from omnipub.storage.items import key_of
from omnipub.storage.kinds import kind_of, read

PORTION = 1000
"""Items looked at between two reports; their relatives are read together."""

SHOWN = 1000
"""Findings kept with key and sentence; the rest is only counted."""


@dataclass(frozen=True, kw_only=True)
class IntegrityFinding:
    """One thing that is wrong."""

    check: IntegrityCheck
    key: Key
    sentence: str


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """What reading the whole table found.

    Attributes:
        items: How many of each kind; what is of no kind we know counts as `unknown`.
        findings: The first SHOWN of them, in the table's order.
        counts: All of them, by class.
    """

    items: Mapping[str, int]
    findings: tuple[IntegrityFinding, ...]
    counts: Mapping[IntegrityCheck, int]

    @property
    def clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.counts


@dataclass(frozen=True, kw_only=True)
class Verifier:
    """Verifies; reads only."""

    base: Base

    def verify(self, *, progress: Callable[[int], None]) -> VerifyReport:
        """Look at every item; `progress` is called with how many were read."""
        highest = self.base.shards.count(self.base.clock.now()).highest
        items: Counter[str] = Counter()
        counts: Counter[IntegrityCheck] = Counter()
        findings: list[IntegrityFinding] = []
        for portion in _portions(access.everything(self.base.table)):
            items.update(kind_of(key_of(item)) or "unknown" for item in portion)
            for finding in self._looked_at(portion, highest):
                counts[finding.check] += 1
                if len(findings) < SHOWN:
                    findings.append(finding)
            progress(items.total())
        return VerifyReport(items=dict(sorted(items.items())), findings=tuple(findings), counts=dict(counts))

    def _looked_at(self, portion: Sequence[Item], highest: int) -> Iterator[IntegrityFinding]:
        first = self._findings(portion, highest)
        if not first:
            return
        suspects = list(dict.fromkeys(finding.key for finding in first))
        again = self.base.table.batch_get(suspects)
        second = self._findings([again[key] for key in suspects if key in again], highest)
        yield from (finding for finding in first if finding in second)

    def _findings(self, portion: Sequence[Item], highest: int) -> list[IntegrityFinding]:
        found, readable = [], []
        for item in portion:
            try:
                readable.append(read(item, highest))
            except ValueError as error:
                found.append(IntegrityFinding(check=IntegrityCheck.UNREADABLE, key=key_of(item), sentence=str(error)))
        there = self.base.table.batch_get([key for one in readable for key in relatives(one)])
        for one in readable:
            wrong = [*alone(one), *beside(one, there)]
            found += [IntegrityFinding(check=check, key=one.key, sentence=sentence) for check, sentence in wrong]
        return found


def _portions(items: Iterator[Item]) -> Iterator[list[Item]]:
    portion: list[Item] = []
    for item in items:
        portion.append(item)
        if len(portion) == PORTION:
            yield portion
            portion = []
    if portion:
        yield portion
