"""A table as lines of JSON and back: a header, then one item on each line.

Secrets and the gate are left out.

What is brought in is a copy. So the gate is shut before the first item is written and stays so until somebody adopts
the table. Whoever reads the file back learns of everything that is wrong in it before anything is written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from omnipub import __version__
from omnipub.config import Settings
from omnipub.domain.timestamps import to_text
from omnipub.errors import ConflictError, InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.names import SERVICE
from omnipub.ports.table import Absent, ConditionFailedError, Item, Put
from omnipub.services.base import Base
from omnipub.services.protocol.gate import Gate
from omnipub.services.table.dump_lines import SCHEMA, header_of, judged, line_of, prepared
from omnipub.storage import access, keys
from omnipub.storage.items import key_of
from omnipub.storage.kinds import kind_of, without_secrets
from omnipub.storage.schema import MEANING, WRITE_LIMIT
from omnipub.strict_json import loads

PROBLEMS_SHOWN = 20

Progress = Callable[[int], None]


@dataclass(frozen=True, kw_only=True)
class DumpSummary:
    """A file that can be brought in: how many items of each kind, and the shards they were written with."""

    items: int
    kinds: Mapping[str, int]
    highest: int


@dataclass(frozen=True, kw_only=True)
class ImportResult:
    """What became of a file's items: written, or left as they were in the table already."""

    written: int
    present: int


@dataclass(frozen=True, kw_only=True)
class TableDump:
    """Exports and imports."""

    base: Base
    gate: Gate
    settings: Settings

    def lines(self) -> Iterator[tuple[str, str]]:
        """Every item but the gate, its kind and a line each, without its secrets."""
        for item in access.everything(self.base.table):
            key = key_of(item)
            if key != keys.gate():
                yield kind_of(key) or "unknown", line_of(without_secrets(item))

    def header(self, kinds: Mapping[str, int]) -> str:
        """The first line, for items of these kinds that were written below it."""
        now = self.base.clock.now()
        return line_of(
            {
                SERVICE: "export",
                "schema": SCHEMA,
                "meaning": MEANING,
                "release": __version__,
                "stage": self.settings.stage,
                "mode": self.settings.mode.value,
                "exported_at": to_text(now),
                "shards": self.base.shards.count(now).highest,
                "items": sum(kinds.values()),
                "kinds": dict(sorted(kinds.items())),
            }
        )

    def check(self, lines: Iterable[str], *, progress: Progress) -> DumpSummary:
        """Read a whole file and write nothing.

        Raises:
            InvalidInputError: It is no export, or some lines make no sense; the first of them are named.
            ConflictError: It comes from a table of the other mode.
        """
        numbered = enumerate(lines, 1)
        header = header_of(next(numbered, (1, ""))[1])
        if header["mode"] != self.settings.mode.value:
            raise ConflictError(
                f"The file comes from a {header['mode']} table and this one is {self.settings.mode.value}; "
                "sandbox and live are never mixed.",
                hint="Import it into a new directory: --data DIR",
            )
        kinds: Counter[str] = Counter()
        problems: list[tuple[str, str]] = []
        digests: set[int] = set()
        for number, line in numbered:
            kind, wrong = judged(line, header["shards"], digests)
            kinds[kind] += 1
            if wrong and len(problems) <= PROBLEMS_SHOWN:
                problems.append((f"line {number}", wrong))
            progress(kinds.total())
        if kinds.total() != header["items"]:
            problems.insert(0, ("line 1", f"It promises {header['items']:,} items, and {kinds.total():,} follow."))
        if problems:
            raise InvalidInputError(
                "The file cannot be imported; nothing was written.",
                hint=(
                    "Export again what it came from, when that is in order.",
                    Hint(action=Action.VERIFY_TABLE, when="See there what is wrong"),
                ),
                problems=problems[:PROBLEMS_SHOWN],
            )
        return DumpSummary(items=kinds.total(), kinds=dict(sorted(kinds.items())), highest=header["shards"])

    def may_enter(self, *, merge: bool) -> None:
        """Pass if items may be brought in here.

        Raises:
            ConflictError: Something is here already, and `merge` was not asked for.
        """
        there = next((item for item in access.everything(self.base.table) if key_of(item) != keys.gate()), None)
        if there is not None and not merge:
            raise ConflictError(
                "This table is not empty.",
                hint="Choose a new directory with --data DIR, or add --merge to bring in only what is absent here.",
            )

    def bring_in(self, lines: Iterable[str], *, progress: Progress, dry_run: bool = False) -> ImportResult:
        """Write the items of a checked file that are absent; begun again it goes on.

        Raises:
            ConditionFailedError: Another process enters or adopts this table at this moment.
        """
        if not dry_run:
            self.gate.shut("was imported from a file")
        written = present = 0
        items = (prepared(loads(line)) for line in islice(lines, 1, None))
        while portion := list(islice(items, WRITE_LIMIT)):
            absent = self._absent(portion)
            present += len(portion) - len(absent)
            written += len(absent)
            if not dry_run:
                self._write(absent)
                self._raise_shards(portion)
            progress(written + present)
        return ImportResult(written=written, present=present)

    def _absent(self, items: Sequence[Item]) -> list[Item]:
        there = self.base.table.batch_get([key_of(item) for item in items])
        return [item for item in items if key_of(item) not in there]

    def _write(self, absent: Sequence[Item]) -> None:
        while absent:
            try:
                self.base.table.transact([Put(item=item, condition=Absent()) for item in absent])
            except ConditionFailedError:
                absent = self._absent(absent)  # somebody wrote one of them just now, and that stands
            else:
                return

    def _raise_shards(self, items: Sequence[Item]) -> None:
        """What was written with more shards than this table ever had must be found by its readers."""
        for item in items:
            there = self.base.table.get(keys.shards()) if key_of(item) == keys.shards() else None
            if there is not None and int(item["highest"]) > int(there["highest"]):
                self.base.table.put(there | {"highest": int(item["highest"])})
