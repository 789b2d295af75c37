"""Views drawn on a terminal. Importing this imports rich, so it is imported only where one is drawn."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from textwrap import wrap
from typing import IO

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from omnipub_cli.output import times
from omnipub_cli.output.views import (
    NOTHING,
    Cell,
    LineView,
    Look,
    RecordView,
    StatusCell,
    StoryView,
    TableView,
    View,
    cells_of,
    text,
)

COLOURS = {
    "published": "green",
    "active": "green",
    "ok": "green",
    "done": "green",
    "dispatched": "green",
    "scheduled": "cyan",
    "publishing": "cyan",
    "held": "yellow",
    "needs_owner": "yellow",
    "missed": "yellow",
    "partially_published": "yellow",
    "unconfirmed": "magenta",
    "warn": "yellow",
    "untestable": "yellow",
    "refused": "yellow",
    "bad": "red",
    "expired": "red",
    "not_allowed": "red",
    "unreachable": "red",
    "failed": "red",
    "partially_failed": "red",
    "cancelled": "dim",
}

GAP = 2
"""Spaces between two columns, and before the further lines of a long sentence."""

NARROWEST = 10
"""A flexible column is cut to this width before a column of a rank is left out."""


def console(file: IO[str], *, width: int | None = None) -> Console:
    """A console that takes text as it is: no mark-up, no emoji names, no guessing at numbers."""
    return Console(
        file=file,
        width=width,
        force_terminal=True,
        markup=False,
        emoji=False,
        highlight=False,
        soft_wrap=True,
    )


def drawn(view: View, look: Look) -> str:
    """The view as text for a terminal of the present width."""
    buffer = io.StringIO()
    target = console(buffer)
    for line in lines(view, look, target.width):
        # A line that is still too long is left to the terminal: an id or an address cut in two cannot be copied.
        target.print(line, crop=False, overflow="ignore")
    return buffer.getvalue()


def lines(view: View, look: Look, width: int) -> Iterator[Text]:
    """The view line by line."""
    match view:
        case TableView():
            yield from _table(view, look, width)
        case RecordView():
            longest = max(len(name) for name, _ in view.fields)
            for name, cell in view.fields:
                yield Text.assemble((f"{name:<{longest + GAP}}", "bold"), cell_text(cell, look))
        case StoryView():
            for line in view.lines:
                yield from _broken(_line(line, look), line, width)


def cell_text(cell: Cell, look: Look) -> Text:
    """A value, coloured if it is a status."""
    shown = text(cell, look)
    return Text(shown, style=COLOURS.get(cell.value, "")) if isinstance(cell, StatusCell) else Text(shown)


def _line(line: LineView, look: Look) -> Text:
    if not any(isinstance(cell, StatusCell) for cell in line.cells):
        return Text(cells_of(line, look), style="bold" if line.heading else "")
    words = Text(" " * line.indent, style="bold" if line.heading else "")
    for number, cell in enumerate(line.cells):
        words.append(" " if number else "")
        words.append_text(cell_text(cell, look))
    return words


def _broken(text: Text, line: LineView, width: int) -> Iterator[Text]:
    """A line of a story as the lines that it takes; the further ones are indented a little more."""
    if line.whole or text.cell_len <= width:
        yield text
        return
    for number, part in enumerate(_between_words(text[line.indent :], width - line.indent - GAP)):
        yield Text.assemble(" " * (line.indent + (GAP if number else 0)), part)


def _between_words(text: Text, room: int) -> Iterator[Text]:
    """What is too long for one line, in parts.

    A word stays whole, as it may be an id or an address.
    """
    end = 0
    for part in wrap(
        text.plain,
        max(room, NARROWEST),
        expand_tabs=False,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        start = text.plain.index(part, end)
        end = start + len(part)
        yield text[start:end]


@dataclass(frozen=True)
class _Grid:
    """A table as text, and which of its columns fit into a line of `width`.

    Each row takes one line. Where it does not fit, columns without any value are left out. Then flexible ones are cut
    with an ellipsis, then columns are left out by their ranks.
    """

    view: TableView
    look: Look
    width: int

    @cached_property
    def names(self) -> list[str]:
        """The columns' headings; that of moments says the offset where all have the same, and `cells` then do not."""
        return [
            column.name if offset is None else f"{column.name} {offset}"
            for column, offset in zip(self.view.columns, self._offsets, strict=True)
        ]

    @cached_property
    def cells(self) -> list[list[Text]]:
        """The rows, each cell as it is when nothing is cut."""
        return [
            [_whole(cell_text(cell, self.look), offset) for cell, offset in zip(row, self._offsets, strict=True)]
            for row in self.view.rows
        ]

    @cached_property
    def kept(self) -> list[int]:
        """The numbers of the columns that are shown."""
        kept = list(range(len(self.view.columns)))
        if self.look.wide or self._line_of([self._most(number) for number in kept]) <= self.width:
            return kept
        kept = [number for number in kept if not self._is_empty(number)] or kept[:1]
        while self._line_of([self._least(number) for number in kept]) > self.width:
            spare = [number for number in kept if self.view.columns[number].rank]
            if not spare:
                break
            kept.remove(max(spare, key=lambda one: (self.view.columns[one].rank, one)))
        return kept

    @property
    def left_out(self) -> list[str]:
        """The headings of the columns that have values and are not shown."""
        lost = (number for number in range(len(self.view.columns)) if number not in self.kept)
        return [self.view.columns[number].name for number in lost if not self._is_empty(number)]

    def drawn(self) -> Iterator[Text]:
        """The headings, unless the view has its own, and the rows, a line each."""
        grid = RichTable(
            box=None, show_header=not self.view.heads, show_edge=False, pad_edge=False, padding=(0, GAP, 0, 0)
        )
        for number in self.kept:
            grid.add_column(
                Text(self.names[number], style="bold", no_wrap=True, overflow="ellipsis"),
                justify="right" if self.view.columns[number].right else "left",
                no_wrap=not self._is_flexible(number),
                overflow="ellipsis",
            )
        for row in self.cells:
            grid.add_row(*(row[number] for number in self.kept))
        target = console(io.StringIO())
        room = self._line_of([self._most(number) for number in self.kept]) if self.look.wide else self.width
        for line in target.render_lines(grid, target.options.update(width=room), pad=False):
            drawn = Text.assemble(*((part.text, part.style or "") for part in line))
            drawn.rstrip()  # or spaces at the end of a long line would wrap
            yield drawn

    @cached_property
    def _offsets(self) -> list[str | None]:
        """The offset that all moments of a column have, by column; None where they are no moments, or differ."""
        return [
            _shared_offset([row[number] for row in self.view.rows], self) for number in range(len(self.view.columns))
        ]

    def _is_flexible(self, number: int) -> bool:
        """Whether a column is cut; a table that names none has its last one cut."""
        columns = self.view.columns
        return columns[number].flexible or (
            number == len(columns) - 1 and not any(column.flexible for column in columns)
        )

    def _is_empty(self, number: int) -> bool:
        return all(row[number].plain == NOTHING for row in self.cells)

    def _most(self, number: int) -> int:
        return max(cell_len(self.names[number]), *(row[number].cell_len for row in self.cells), 1)

    def _least(self, number: int) -> int:
        return min(NARROWEST, self._most(number)) if self._is_flexible(number) else self._most(number)

    def _line_of(self, widths: Sequence[int]) -> int:
        return sum(widths) + GAP * (len(widths) - 1)


def left_out(view: View, look: Look) -> list[str]:
    """The columns that have values and do not fit the terminal."""
    return _Grid(view, look, console(io.StringIO()).width).left_out if isinstance(view, TableView) else []


def _table(view: TableView, look: Look, width: int) -> Iterator[Text]:
    """The table's lines; its own headings instead of the columns' names, if it has any."""
    drawn = _Grid(view, look, width).drawn()
    if not view.heads:
        yield from drawn
        return
    before = ""
    for head, line in zip(view.heads, drawn, strict=True):
        if head != before:
            yield from ([Text("")] if before else [])
            yield Text(head, style="bold")
            before = head
        yield line


def _whole(cell: Text, offset: str | None) -> Text:
    """The cell without the offset that stands in the heading; rich must not break it in two."""
    shown = cell if offset is None or cell.plain == NOTHING else cell[: -len(offset)]
    shown.rstrip()
    shown.no_wrap, shown.overflow = True, "ellipsis"
    return shown


def _shared_offset(cells: Sequence[Cell], grid: _Grid) -> str | None:
    moments = [cell for cell in cells if isinstance(cell, datetime)]
    if grid.view.heads or not moments or not all(isinstance(cell, datetime) or cell is None for cell in cells):
        return None
    offsets = {times.shown_offset(one, utc=grid.look.utc) for one in moments}
    return offsets.pop() if len(offsets) == 1 else None
