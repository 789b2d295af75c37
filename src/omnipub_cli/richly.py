"""Views drawn on a terminal. Importing this imports rich, so it is imported only where one is drawn."""

import io
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import IO, Literal

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from omnipub_cli.drawing import Cell, Column, Line, Look, Record, State, Story, Table, View, text, told

COLOURS = {
    "published": "green",
    "active": "green",
    "ok": "green",
    "scheduled": "cyan",
    "publishing": "cyan",
    "held": "yellow",
    "needs_owner": "yellow",
    "missed": "yellow",
    "partially_published": "yellow",
    "unconfirmed": "magenta",
    "failed": "red",
    "partially_failed": "red",
    "cancelled": "dim",
    "expired": "dim",
}

GAP = 2
NARROWEST = 12
"""A flexible column keeps this width; a terminal narrower than that wraps the line itself."""


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
    for part in parts(view, look, target.width):
        # A line that is too long is left to the terminal: an id or an address cut in two cannot be copied.
        target.print(part, crop=False, overflow="ignore", width=part.width if isinstance(part, RichTable) else None)
    return buffer.getvalue()


def parts(view: View, look: Look, width: int) -> Iterator[RenderableType]:
    """What rich prints of a view, one after another."""
    match view:
        case Table():
            yield from _tables(view, look, width)
        case Record():
            longest = max(len(name) for name, _ in view.fields)
            for name, cell in view.fields:
                yield Text.assemble((f"{name:<{longest + GAP}}", "bold"), cell_text(cell, look))
        case Story():
            for line in view.lines:
                yield _line(line, look)


def cell_text(cell: Cell, look: Look) -> Text:
    """A value, coloured if it is a status."""
    shown = text(cell, look)
    return Text(shown, style=COLOURS.get(cell.value, "")) if isinstance(cell, State) else Text(shown)


def _line(line: Line, look: Look) -> Text:
    if not any(isinstance(cell, State) for cell in line.cells):
        return Text(told(line, look), style="bold" if line.heading else "")
    words = Text(" " * line.indent, style="bold" if line.heading else "")
    for number, cell in enumerate(line.cells):
        words.append(" " if number else "")
        words.append_text(cell_text(cell, look))
    return words


def _tables(view: Table, look: Look, width: int) -> Iterator[RenderableType]:
    """The table, or one below each heading; all with the same columns."""
    rows = [[cell_text(cell, look) for cell in row] for row in view.rows]
    sizes = _sizes(view.columns, rows, width)
    if not view.heads:
        yield _table(view.columns, sizes, rows, header=True)
        return
    for number, (head, group) in enumerate(groupby(zip(view.heads, rows, strict=True), key=lambda pair: pair[0])):
        if number:
            yield Text("")
        yield Text(head, style="bold")
        yield _table(view.columns, sizes, [row for _, row in group], header=False)


def _table(
    columns: Sequence[Column], sizes: Sequence[int], rows: Sequence[Sequence[Text]], *, header: bool
) -> RichTable:
    table = RichTable(
        box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=header, width=_width(sizes)
    )
    for size, column in zip(sizes, columns, strict=True):
        side: Literal["left", "right"] = "right" if column.right else "left"
        table.add_column(column.name, width=size, no_wrap=True, overflow="ellipsis", justify=side)
    for row in rows:
        table.add_row(*row)
    return table


def _sizes(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> list[int]:
    """Every column as wide as its widest value; flexible ones share what is left."""
    sizes = [
        max(cell_len(column.name), *(row[number].cell_len for row in rows), 1) for number, column in enumerate(columns)
    ]
    flexible = [number for number, column in enumerate(columns) if column.flexible]
    left = width - _width(size for number, size in enumerate(sizes) if number not in flexible) - GAP * len(flexible)
    for number in flexible:
        sizes[number] = min(sizes[number], max(NARROWEST, left // len(flexible)))
    return sizes


def _width(sizes: Iterable[int]) -> int:
    known = list(sizes)
    return sum(known) + GAP * max(0, len(known) - 1)
