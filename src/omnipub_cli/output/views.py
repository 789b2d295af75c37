"""What commands show, as data, and its plain form for pipes.

A table in a pipe is lines of tab-separated values without a heading, whole and uncoloured. So `cut` and `read` work. A
record is lines of `name:<tab>value`. On a terminal `rich_renderer` draws the same data.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from omnipub_cli.output import escape, times

NOTHING = "–"  # noqa: RUF001  a dash that is no minus


@dataclass(frozen=True)
class StatusCell:
    """A status: in words and coloured on a terminal, as it is stored elsewhere."""

    value: str


@dataclass(frozen=True)
class Exact:
    """A moment whose milliseconds matter."""

    at: datetime


@dataclass(frozen=True)
class TimeOfDay:
    """A moment below a heading that already says the day, or of today."""

    at: datetime
    exact: bool = False


Cell = str | int | datetime | StatusCell | Exact | TimeOfDay | Sequence[str] | None


@dataclass(frozen=True)
class Column:
    """A column.

    Attributes:
        flexible: Whether it is cut with an ellipsis on a narrow terminal; ids and statuses are not.
        rank: On a terminal that is still too narrow, columns of the highest rank are left out first; 0 always stays.
    """

    name: str
    flexible: bool = False
    right: bool = False
    rank: int = 0


@dataclass(frozen=True, kw_only=True)
class TableView:
    """Rows under columns; `heads` (one per row) are headings shown on a terminal where they change."""

    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    heads: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class RecordView:
    """One thing: names and values."""

    fields: Sequence[tuple[str, Cell]]


@dataclass(frozen=True)
class LineView:
    """Cells one after another, indented; a heading is bold on a terminal.

    A long line is broken between words there, unless it is `whole`. What is copied, as a command is, must be one line.
    """

    cells: Sequence[Cell] = ()
    indent: int = 0
    heading: bool = False
    whole: bool = False


@dataclass(frozen=True, kw_only=True)
class StoryView:
    """Lines to be read from top to bottom, the same in a pipe."""

    lines: Sequence[LineView] = field(default_factory=tuple)


View = TableView | RecordView | StoryView


@dataclass(frozen=True, kw_only=True)
class Look:
    """For whom values become text.

    Attributes:
        wide: Whether tables show every column whole, however narrow the terminal is.
    """

    terminal: bool = False
    utc: bool = False
    wide: bool = False


def text(cell: Cell, look: Look) -> str:
    """A value as text, safe for a terminal."""
    match cell:
        case None | "":
            return NOTHING if look.terminal else ""
        case str():
            return escape.one_line(cell)
        case int():
            return f"{cell:,}" if look.terminal else str(cell)
        case StatusCell():
            return cell.value.replace("_", " ") if look.terminal else cell.value
        case TimeOfDay():
            clock = times.clock(cell.at, utc=look.utc, exact=cell.exact)
            return clock if look.terminal else times.in_text(cell.at, utc=look.utc)
        case Exact():
            exact = times.on_screen(cell.at, utc=look.utc, exact=True)
            return exact if look.terminal else times.in_text(cell.at, utc=look.utc)
        case datetime():
            return times.on_screen(cell, utc=look.utc) if look.terminal else times.in_text(cell, utc=look.utc)
        case _:
            return escape.one_line((", " if look.terminal else ",").join(cell)) or text(None, look)


def piped(view: View, look: Look) -> Iterator[str]:
    """The view's lines for programs."""
    match view:
        case TableView():
            yield from ("\t".join(text(cell, look) for cell in row) for row in view.rows)
        case RecordView():
            yield from (f"{name}:\t{text(cell, look)}" for name, cell in view.fields)
        case StoryView():
            yield from (cells_of(line, look) for line in view.lines)


def cells_of(line: LineView, look: Look) -> str:
    """A line of a story; moments in it are for people, also in a pipe."""
    words = " ".join(text(cell, Look(terminal=True, utc=look.utc)) for cell in line.cells)
    return (" " * line.indent + words).rstrip()
