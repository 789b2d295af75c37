"""Views drawn on a terminal. Importing this imports rich, so it is imported only where one is drawn."""

import io
from collections.abc import Iterator

from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from omnipub_cli.drawing import Cell, Line, Look, Record, State, Story, Table, View, text, told

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


def console(file: object, *, width: int | None = None) -> Console:
    """A console that takes text as it is: no mark-up, no emoji names, no guessing at numbers."""
    return Console(
        file=file,  # type: ignore[arg-type]  anything with write and flush
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
        target.print(part, crop=False, no_wrap=not isinstance(part, RichTable), overflow="ignore", width=_room(part))
    return buffer.getvalue()


def parts(view: View, look: Look, width: int) -> Iterator[RenderableType]:
    """What rich prints of a view, one after another."""
    match view:
        case Table():
            yield _table(view, look, width)
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


def _table(view: Table, look: Look, width: int) -> RichTable:
    rows = [[cell_text(cell, look) for cell in row] for row in view.rows]
    widest = [
        max([cell_len(column.name), *(row[number].cell_len for row in rows)])
        for number, column in enumerate(view.columns)
    ]
    fixed = sum(size for size, column in zip(widest, view.columns, strict=True) if not column.flexible)
    flexible = [number for number, column in enumerate(view.columns) if column.flexible]
    left = width - fixed - GAP * (len(widest) - 1)
    for number in flexible:
        widest[number] = min(widest[number], max(NARROWEST, left // len(flexible)))
    table = RichTable(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", collapse_padding=True)
    for size, column in zip(widest, view.columns, strict=True):
        table.add_column(
            column.name,
            width=size,
            no_wrap=True,
            overflow="ellipsis",
            justify="right" if column.right else "left",
        )
    before = ""
    for number, row in enumerate(rows):
        head = view.heads[number] if view.heads else ""
        if head and head != before:
            table.add_row(*([Text("")] * len(widest))) if before else None
            table.add_row(Text(head, style="bold"))
            before = head
        table.add_row(*row)
    table.width = sum(widest) + GAP * len(widest)
    return table


def _room(part: RenderableType) -> int | None:
    return part.width if isinstance(part, RichTable) else None
