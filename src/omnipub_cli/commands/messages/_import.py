"""Carry an import out: check every row, ask, create, and tell what became of each row."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from omnipub.errors import ConflictError, InvalidInputError, OmnipubError
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.prompts import confirm
from omnipub_cli.framework.signals import deferred
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from omnipub.services.bulk.plan import PlannedRow
    from omnipub.services.bulk.row import Row, RowProblem
    from omnipub.services.messages.create_transaction import Created
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.message_documents import ImportedJson, ImportedRowJson

COLUMNS = (
    Column("LINE", right=True),
    Column("RESULT"),
    Column("ID"),
    Column("DUE", rank=2),
    Column("CHANNELS", flexible=True, rank=1),
    Column("WHY", flexible=True),
)
PROGRESS = (Column("WHAT"), Column("HOW FAR"))

TELL_EVERY = 500
"""Rows between two words of progress."""

LINES_AT_MOST = 5
"""Lines that are named where each says the same."""

TOLD_AT_MOST = 50
"""Problems that a refusal names; a dry run tells all."""


NAME_AT_MOST = 200


def checked_name(name: str, file: str) -> str:
    """The name of an import: as it was given, else that of its file.

    Raises:
        InvalidInputError: It is too long, or cannot be printed.
    """
    found = name.strip() or Path(file).name
    if len(found) > NAME_AT_MOST or not found.isprintable():
        raise InvalidInputError(
            "This cannot name an import.", hint=f"--name takes 1 to {NAME_AT_MOST} printable characters."
        )
    return found


@dataclass(kw_only=True)
class Run:
    """One import."""

    call: Call
    system: System
    owner: str
    pictures: Callable[[str], bytes]
    name: str
    good: list[PlannedRow] = field(default_factory=list)
    bad: list[RowProblem] = field(default_factory=list)
    created: dict[int, Created] = field(default_factory=dict)
    total: int = 0
    broken_off: bool = False
    refused_late: bool = False

    @property
    def new(self) -> list[PlannedRow]:
        """Rows whose message is not there yet."""
        return [one for one in self.good if one.there is None]

    @property
    def at_once(self) -> list[PlannedRow]:
        """Those of them that have no time."""
        return [one for one in self.new if one.schedule is None]

    def check(self, rows: Sequence[Row | list[RowProblem]]) -> None:
        """Sort the rows into good and bad; nothing is stored."""
        self.total = len(rows)
        plan = self.system.importing.planned(rows, owner=self.owner, viewer=self.call.viewer(), pictures=self.pictures)
        with self.call.output.progress() as progress:
            for number, one in enumerate(plan, 1):
                if isinstance(one, list):
                    self.bad += one
                else:
                    self.good.append(one)
                if number % TELL_EVERY == 0:
                    progress.show(TableView(columns=PROGRESS, rows=[["checked", f"{number:,} of {self.total:,}"]]))

    def agree(self, *, partial: bool, yes: bool) -> None:
        """Go on only if the rows are good, or good enough, and somebody wants it.

        Raises:
            InvalidInputError: A row is bad, and not only the good ones were asked for.
        """
        if self.bad and not partial:
            raise InvalidInputError(
                f"{_rows(len({one.line for one in self.bad}))} of {self.total:,} cannot be imported; none was.",
                hint="Correct them, or add --partial to import the others.",
                problems=_named(self.bad),
            )
        if self.new:
            self._say_what_goes_out_now()
            noun = "message" if len(self.new) == 1 else "messages"
            when = f", {len(self.at_once):,} of them due at once" if self.at_once else ""
            confirm(self.call, f"This creates {len(self.new):,} {noun}{when}.", yes=yes)

    def create(self, *, partial: bool) -> None:
        """Create the good rows in order; whatever stops it, what is created stays, and repeating it does the rest."""
        with self.call.output.progress() as progress, deferred() as asked_to_stop:
            for number, one in enumerate(self.good, 1):
                if asked_to_stop():
                    self.broken_off = True
                    return
                try:
                    self.created[one.row.line] = self.system.importing.create(
                        one, owner=self.owner, pictures=self.pictures, name=self.name
                    )
                except OmnipubError as error:
                    self._failed(one, error)
                    self.refused_late = isinstance(error, InvalidInputError | ConflictError)
                    if not (partial and isinstance(error, InvalidInputError)):
                        self.broken_off = True
                        return
                if number % TELL_EVERY == 0:
                    progress.show(TableView(columns=PROGRESS, rows=[["created", f"{number:,} of {len(self.good):,}"]]))

    def tell(self, file: str, *, dry_run: bool) -> None:
        """Print what became of each row.

        Raises:
            typer.Exit: Not every row has its message.
        """
        at_once = len(self.at_once)
        if dry_run:
            self._say_what_goes_out_now()
        document: ImportedJson = {
            "file": file,
            "dry_run": dry_run,
            "rows": self.total,
            "at_once": at_once,
            "messages": [self._shape(one, dry_run=dry_run) for one in self.good],
            "problems": [{"line": one.line, "field": one.field, "sentence": one.sentence} for one in self.bad],
        }
        self.call.output.data(
            TableView(columns=COLUMNS, rows=self._cells(dry_run=dry_run)),
            json=document,
            ids=[one.id for one in self.created.values()],
        )
        if any(not one.replayed for one in self.created.values()):
            self.call.warn_if_nothing_runs()
            listed = self.call.typed(f"messages list --import={shlex.quote(self.name)}")
            self.call.output.hint(f"See what it composed: {listed}")
        if self.broken_off:
            left = sum(one.row.line not in self.created for one in self.good)
            self.call.output.warn(f"It ended before {_rows(left)} had its turn.")
            first = "Correct what is refused, then run" if self.refused_late else "Run"
            self.call.output.hint(f"{first} the same command again: it creates the rest, and nothing twice.")
        if self.bad or self.broken_off:
            raise typer.Exit(ExitCode.FAILURE)

    def _say_what_goes_out_now(self) -> None:
        """An empty cell may be a mistake.

        So it is said how many there are, also to whoever agreed before.
        """
        count = len(self.at_once)
        if count:
            verb, pronoun = ("has", "it goes") if count == 1 else ("have", "they go")
            lines = ", ".join(str(one.row.line) for one in self.at_once[:LINES_AT_MOST])
            more = ", …" if count > LINES_AT_MOST else ""
            self.call.output.warn(f"{_rows(count)} {verb} no time: {pronoun} out now (line {lines}{more}).")

    def _failed(self, planned: PlannedRow, error: OmnipubError) -> None:
        from omnipub.services.bulk.row import RowProblem

        self.bad.append(RowProblem(line=planned.row.line, field="", sentence=error.message))

    def _state(self, planned: PlannedRow, *, dry_run: bool) -> str:
        created = self.created.get(planned.row.line, planned.there)
        if created is not None:
            return "already_there" if created.replayed else "created"
        return "would_be_created" if dry_run else "not_created"

    def _shape(self, planned: PlannedRow, *, dry_run: bool) -> ImportedRowJson:
        from omnipub.domain.timestamps import to_text

        created = self.created.get(planned.row.line, planned.there)
        due = created.due_at if created else to_text(planned.schedule.at) if planned.schedule else None
        return {
            "line": planned.row.line,
            "key": planned.row.key or None,
            "result": self._state(planned, dry_run=dry_run),
            "id": created.id if created else None,
            "due_at": due,
            "channels": list(planned.row.channels),
        }

    def _cells(self, *, dry_run: bool) -> list[Sequence[Cell]]:
        """In the order of the file, the bad ones where they stand."""
        from omnipub.domain.timestamps import from_text

        refused = {one.line for one in self.bad}
        rows: list[tuple[int, Sequence[Cell]]] = [
            (
                one.line,
                (one.line, StatusCell("refused"), "", None, "", f"{one.field}: {one.sentence}".removeprefix(": ")),
            )
            for one in self.bad
        ]
        for planned in self.good:
            shape = self._shape(planned, dry_run=dry_run)
            if planned.row.line not in refused:
                due = from_text(shape["due_at"]) if shape["due_at"] else None
                cells = (planned.row.line, StatusCell(shape["result"]), shape["id"], due, shape["channels"], "")
                rows.append((planned.row.line, cells))
        return [cells for _, cells in sorted(rows, key=lambda row: row[0])]


def _rows(count: int) -> str:
    return "1 row" if count == 1 else f"{count:,} rows"


def _named(problems: Sequence[RowProblem]) -> list[tuple[str, str]]:
    columns = [
        (f"line {one.line}" + (f", {one.field}" if one.field else ""), one.sentence) for one in problems[:TOLD_AT_MOST]
    ]
    more = len(problems) - len(columns)
    return [*columns, ("and more", f"{more:,} more are told by --dry-run.")] if more > 0 else columns
