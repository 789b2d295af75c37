"""The adapters of one system, one for each port."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from omnipub.ports.clock import Chance, Clock
from omnipub.ports.delay import Delay
from omnipub.ports.http import Send
from omnipub.ports.journal import Journal
from omnipub.ports.media import Media
from omnipub.ports.place import Seat
from omnipub.ports.stream import Stream
from omnipub.ports.table import Table
from omnipub.ports.threads import Crew
from omnipub.ports.vault import Vault


@dataclass(frozen=True, kw_only=True)
class World:
    """One adapter per port."""

    table: Table
    stream: Stream
    delay: Delay
    vault: Vault
    media: Media
    send: Send
    clock: Clock
    chance: Chance
    crew: Crew
    seat: Seat
    journal: Journal

    def close(self) -> None:
        """Close the files and connections of the adapters that have any."""
        for port in (self.table, self.stream, self.delay, self.send, self.journal, self.seat):
            if isinstance(port, Closable):
                port.close()


@runtime_checkable
class Closable(Protocol):
    """An adapter that holds files or connections."""

    def close(self) -> None:
        """Close them."""
