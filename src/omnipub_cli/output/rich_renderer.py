"""Views drawn on a terminal. Importing this imports rich, so it is imported only where one is drawn."""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from textwrap import wrap
from typing import IO

from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from omnipub_cli.output.views import NOTHING, Cell, Column, Line, Look, Record, State, Story, Table, View, text, told

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
INDENT = 4
"""Of the second and further lines of a row that a terminal has no room for beside the first."""

NARROWEST = 12
"""A flexible column keeps this width; where that does not fit, a row is folded into several lines."""


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
        case Table():
            yield from _tables(view, look, width)
        case Record():
            longest = max(len(name) for name, _ in view.fields)
            for name, cell in view.fields:
                yield Text.assemble((f"{name:<{longest + GAP}}", "bold"), cell_text(cell, look))
        case Story():
            for line in view.lines:
                yield from _broken(_line(line, look), line, width)


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


def _broken(told: Text, line: Line, width: int) -> Iterator[Text]:
    """A line of a story as the lines that it takes; the further ones are indented a little more."""
    if line.whole or told.cell_len <= width:
        yield told
        return
    for number, part in enumerate(_between_words(told[line.indent :], width - line.indent - GAP)):
        yield Text.assemble(" " * (line.indent + (GAP if number else 0)), part)


def _between_words(told: Text, room: int) -> Iterator[Text]:
    """What is too long for one line, in parts; a word stays whole, as it may be an id or an address."""
    end = 0
    for part in wrap(
        told.plain,
        max(room, NARROWEST),
        expand_tabs=False,
        replace_whitespace=False,
        break_long_words=False,
        break_on_hyphens=False,
    ):
        start = told.plain.index(part, end)
        end = start + len(part)
        yield told[start:end]


def _tables(view: Table, look: Look, width: int) -> Iterator[Text]:
    """The table's lines; its headings instead of the columns' names, if it has any."""
    rows = [[cell_text(cell, look) for cell in row] for row in view.rows]
    folds = _folds(view.columns, rows, width)
    if not view.heads:
        yield from _row([Text(column.name, style="bold") for column in view.columns], folds, view.columns, width)
    before = ""
    for number, row in enumerate(rows):
        head = view.heads[number] if view.heads else ""
        if head != before:
            yield from ([Text("")] if before else [])
            yield Text(head, style="bold")
            before = head
        yield from _row(row, folds, view.columns, width)


def _row(
    cells: Sequence[Text], folds: Sequence[Mapping[int, int]], columns: Sequence[Column], width: int
) -> Iterator[Text]:
    """A row on as many lines as the table is folded into; those below the first are indented."""
    for fold, sizes in enumerate(folds):
        if fold and len(sizes) == 1:
            (cell,) = (cells[number] for number in sizes)
            parts = _between_words(cell, width - INDENT) if cell.plain != NOTHING else ()
            yield from (Text.assemble(" " * INDENT, part) for part in parts)
            continue
        line = Text(" " * INDENT if fold else "")
        for number, size in sizes.items():
            cell, column = cells[number], columns[number]
            if column.flexible:
                cell.truncate(size, overflow="ellipsis")
            space = " " * (size - cell.cell_len)
            line.append_text(Text.assemble(space, cell) if column.right else Text.assemble(cell, space))
            line.append(" " * GAP)
        line.rstrip()  # or spaces at the end of a long line would wrap too
        yield line


def _folds(columns: Sequence[Column], rows: Sequence[Sequence[Text]], width: int) -> list[dict[int, int]]:
    """For each line of a row its columns and their widths: one line if it fits, else as few as do."""
    widest = [
        max(cell_len(column.name), *(row[number].cell_len for row in rows), 1) for number, column in enumerate(columns)
    ]
    least = [min(NARROWEST, size) if columns[number].flexible else size for number, size in enumerate(widest)]
    folds: list[dict[int, int]] = [{}]
    for number, size in enumerate(least):
        if folds[-1] and _width([*folds[-1].values(), size]) > width - (INDENT if len(folds) > 1 else 0):
            folds.append({})
        folds[-1][number] = size
    for fold, sizes in enumerate(folds):
        flexible = [number for number in sizes if columns[number].flexible]
        left = width - (INDENT if fold else 0) - _width(sizes.values())
        for number in flexible:
            sizes[number] = min(widest[number], sizes[number] + max(0, left) // len(flexible))
    return folds


def _width(sizes: Iterable[int]) -> int:
    known = list(sizes)
    return sum(known) + GAP * max(0, len(known) - 1)
