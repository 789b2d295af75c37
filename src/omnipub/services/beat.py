"""What the ticks note about themselves: when one began last, when one put everything."""

from dataclasses import dataclass, replace
from datetime import datetime

from omnipub.domain.moments import from_text, to_text
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.storage.table import Table


@dataclass(frozen=True, kw_only=True)
class Beat:
    """The ticks' notes. Ticks that overlap may overwrite each other's: then something is put once more.

    Attributes:
        at: When a tick began last.
        served_at: Beginning of the last tick whose puts were all accepted; None if there was none yet.
    """

    at: datetime | None = None
    served_at: datetime | None = None

    def began(self, now: datetime) -> "Beat":
        """A tick begins; its notes of what was done stay as they are."""
        return replace(self, at=now)

    def served(self, began: datetime) -> "Beat":
        """The tick that began at `began` has put everything."""
        return replace(self, at=self.at or began, served_at=began)


def beat_of(table: Table) -> Beat:
    """The notes in the table."""
    item = table.get(keys.heartbeat()) or {}
    return Beat(**{name: from_text(item[name]) for name in ("at", "served_at") if name in item})


def noted(table: Table, beat: Beat) -> None:
    """Write the notes."""
    known = {name: to_text(moment) for name in ("at", "served_at") if (moment := getattr(beat, name)) is not None}
    table.put(plain_item(keys.heartbeat(), **known))
