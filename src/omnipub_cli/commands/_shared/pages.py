"""Read a list page by page: up to a number of rows, or to its end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from omnipub.errors import InvalidInputError
from omnipub.storage.paging import follow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import typer

    from omnipub.services.messages.filters import Filter

LOOKED_AT_MOST = 10_000
"""Entries that a search looks at before it says how far it came."""

PAGE = 100


class ServicePage(Protocol):
    """What the lists of the services answer."""

    @property
    def rows(self) -> Sequence[Any]:
        """The rows that fit."""
        ...

    @property
    def cursor(self) -> str | None:
        """Where the next page begins; None at the end."""
        ...

    @property
    def read(self) -> int:
        """Entries that were looked at for it."""
        ...


@dataclass(frozen=True, kw_only=True)
class RowsRead:
    """The rows that were read, where the rest begins, and how many entries were looked at."""

    rows: Sequence[Any]
    cursor: str | None
    read: int

    @property
    def bounded(self) -> bool:
        """Whether the search stopped because it had looked at enough."""
        return self.cursor is not None and self.read >= LOOKED_AT_MOST


def searches(filter_: Filter) -> bool:
    """Whether so little may fit that one page is not enough to find it."""
    return filter_.reads_heads or filter_.bounds_due


def up_to(limit: int, page: Callable[[int, str | None], ServicePage], *, after: str | None, search: bool) -> RowsRead:
    """The first `limit` rows behind a cursor; of a search more than one page, up to LOOKED_AT_MOST entries."""
    rows: list[Any] = []
    cursor, read = after, 0
    for found in follow(lambda behind: page(limit - len(rows), behind), after):
        rows.extend(found.rows)
        cursor, read = found.cursor, read + found.read
        if not search or len(rows) == limit or read >= LOOKED_AT_MOST:
            break
    return RowsRead(rows=rows, cursor=cursor, read=read)


def to_the_end(page: Callable[[int, str | None], ServicePage], *, after: str | None) -> Iterator[ServicePage]:
    """Every page behind a cursor, one at a time."""
    return follow(lambda cursor: page(PAGE, cursor), after)


def refuse_limit(context: typer.Context) -> None:
    """Refuse `--all` beside `--limit`.

    Raises:
        InvalidInputError: Both were given.
    """
    source = context.get_parameter_source("limit")
    if source is not None and source.name == "COMMANDLINE":
        raise InvalidInputError("--all and --limit exclude each other.", hint="Leave one of them out.")
