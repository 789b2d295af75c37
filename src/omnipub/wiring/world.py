"""The adapters of one system, one for each port."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from omnipub.ports.clock import Chance, Clock
from omnipub.ports.delay import Delay
from omnipub.ports.hand_over import HandOver
from omnipub.ports.http import HttpSender
from omnipub.ports.journal import Journal
from omnipub.ports.mail import MailSender
from omnipub.ports.media import Media
from omnipub.ports.notifier import Notifier
from omnipub.ports.place import Place
from omnipub.ports.stream import Pointer, Stream
from omnipub.ports.table import Table
from omnipub.ports.threads import ThreadPool
from omnipub.ports.vault import Vault


@dataclass(frozen=True, kw_only=True)
class World:
    """One adapter per port.

    Attributes:
        mail: What hands mail over, where this process may.
        notice_http: What sends notices over HTTP: in a sandbox, too, they go to people.
        hand_over: What gives records to runs of their own, where a function does so; on one machine threads do.
        notifier: What tells people, where the place has a way of its own.
    """

    table: Table
    stream: Stream
    delay: Delay
    vault: Vault
    media: Media
    send: HttpSender
    clock: Clock
    chance: Chance
    threads: ThreadPool
    place: Place
    journal: Journal
    hand_over: HandOver[Pointer] | None = None
    mail: MailSender | None = None
    notice_http: HttpSender | None = None
    notifier: Notifier | None = None

    def close(self) -> None:
        """Close the files and connections of the adapters that have any."""
        for port in (self.table, self.stream, self.delay, self.send, self.notice_http, self.journal, self.place):
            if isinstance(port, Closable):
                port.close()


@runtime_checkable
class Closable(Protocol):
    """An adapter that holds files or connections."""

    def close(self) -> None:
        """Close them."""
