"""The lists and their filters: along which keys each is read, taken from the plans themselves."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product

from omnipub.domain.delivery.lifecycle import WATCHED, Status
from omnipub.domain.ids import ParentKind
from omnipub.domain.timestamps import to_text
from omnipub.ports.table import Query
from omnipub.services.messages.filters import STATUSES, Filter
from omnipub.services.messages.query_plan import READ_AT_MOST, plan
from omnipub.storage import keys

SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)
OWNER, NETWORK, LIMIT = "ada", "facebook", 20

FIRST = keys.owned_from(ParentKind.MESSAGE, None)

WRITTEN = {
    keys.owned_from(ParentKind.MESSAGE, SINCE): f"`{FIRST}<since>`",
    keys.owned_until(ParentKind.MESSAGE, UNTIL): f"`{FIRST}<until>`",
    FIRST: f"`{FIRST}`",
    keys.owned_until(ParentKind.MESSAGE, None): f"the end of `{FIRST}`",
    to_text(SINCE): "`<since>`",
}
"""What bounds the sort keys of these samples, as it is written."""

KINDS_OF_STATUS = {
    "": ("",),
    "an indexed one": tuple(sorted(WATCHED)),
    "published": (Status.PUBLISHED.value,),
    "another": tuple(sorted(set(STATUSES) - WATCHED - {Status.PUBLISHED})),
}
"""Statuses that are read alike."""


def filters() -> str:
    """A row for each combination of filters of `messages list`; `certs list` and the API's lists are read alike."""
    lines = [
        "| `--owner` | `--status` | `--channel` | `--since --until` | index | partition | from | below | read of it |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for owner, status, channel, span in product((False, True), KINDS_OF_STATUS, (False, True), (False, True)):
        (row,) = {_row(owner, one, channel, span) for one in KINDS_OF_STATUS[status]}
        given = (_yes(owner), status, _yes(channel), _yes(span))
        lines.append("| " + " | ".join([*given, *row]) + " |")
    return "\n".join(lines)


def statuses() -> str:
    """Which statuses an index holds."""
    return "\n".join(f"- {name}: {', '.join(KINDS_OF_STATUS[name])}" for name in KINDS_OF_STATUS if name)


def _row(owner: bool, status: str, channel: bool, span: bool) -> tuple[str, ...]:  # noqa: FBT001  cells of a table
    asked = Filter(
        owner=OWNER if owner else "",
        status=status,
        channel=NETWORK if channel else "",
        since=SINCE if span else None,
        until=UNTIL if span else None,
    )
    plans = list(plan(ParentKind.MESSAGE, asked, shards=range(1), networks=[NETWORK], limit=LIMIT, below=None))
    (query,) = plans
    return tuple(_cells(query, status, each_network=asked.by_moment and status == "published" and not channel))


def _cells(query: Query, status: str, *, each_network: bool) -> Iterator[str]:
    partition = query.partition
    for sample, name in ((OWNER, "owner"), (NETWORK, "network"), *(((status, "status"),) if status in WATCHED else ())):
        partition = partition.replace(sample, f"<{name}>")
    yield query.index or "table"
    yield f"`{partition}`" + (", each network" if each_network else "")
    yield WRITTEN[query.at_least] if query.at_least else ""
    yield WRITTEN[query.below] if query.below else ""
    yield "a page" if query.limit == LIMIT else str(READ_AT_MOST)


def _yes(given: bool) -> str:  # noqa: FBT001  a cell of a table
    return "yes" if given else ""
