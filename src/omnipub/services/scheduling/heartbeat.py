"""What the ticks note: when one began last, when one put everything, how far the sweep of the held is."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from omnipub.domain.timestamps import from_text
from omnipub.ports.table import Table
from omnipub.storage import keys
from omnipub.storage.items import plain_item


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """The ticks' notes. Ticks that overlap may overwrite each other's: then something is done once more.

    Attributes:
        at: When a tick began last.
        served_at: Beginning of the last tick whose puts were all accepted; None if there was none yet.
        swept_at: Beginning of the last sweep of the held that came to its end.
        sweeping_since: Beginning of the one that is under way.
        sweep_shard: Where that one goes on: the shard, and the cursor in it.
        sweep_after: Likewise.
    """

    at: datetime | None = None
    served_at: datetime | None = None
    swept_at: datetime | None = None
    sweeping_since: datetime | None = None
    sweep_shard: int | None = None
    sweep_after: str | None = None


def beat_of(table: Table) -> Heartbeat:
    """The notes in the table."""
    item = table.get(keys.heartbeat()) or {}
    known = {field.name: item[field.name] for field in fields(Heartbeat) if field.name in item}
    return Heartbeat(**{name: _read(name, value) for name, value in known.items()})


def note(table: Table, change: Callable[[Heartbeat], Heartbeat]) -> Heartbeat:
    """Write what `change` makes of the notes that are there now."""
    beat = change(beat_of(table))
    known = {field.name: getattr(beat, field.name) for field in fields(Heartbeat)}
    table.put(plain_item(keys.heartbeat(), **{name: value for name, value in known.items() if value is not None}))
    return beat


def began(now: datetime) -> Callable[[Heartbeat], Heartbeat]:
    """A tick begins; the notes of what was done stay as they are."""
    return lambda beat: replace(beat, at=now)


def served(start: datetime) -> Callable[[Heartbeat], Heartbeat]:
    """The tick that began at `start` has put everything."""
    return lambda beat: replace(beat, at=beat.at or start, served_at=start)


def swept(since: datetime, shard: int | None, after: str | None) -> Callable[[Heartbeat], Heartbeat]:
    """The sweep that began at `since` has come so far; to its end if there is no shard."""
    if shard is None:
        return lambda beat: replace(beat, swept_at=since, sweeping_since=None, sweep_shard=None, sweep_after=None)
    return lambda beat: replace(beat, sweeping_since=since, sweep_shard=shard, sweep_after=after)


def _read(name: str, value: object) -> Any:
    if name.endswith(("at", "since")):
        return from_text(str(value))
    return int(str(value)) if name == "sweep_shard" else value
