"""Builds the services on the adapters of one machine."""

from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from omnipub.adapters.http.lazy_client import LazyHttpClient
from omnipub.adapters.mail.lazy_sender import LazySmtpMailSender
from omnipub.adapters.system.clock import SystemChance, SystemClock
from omnipub.adapters.system.journal import LogJournal
from omnipub.adapters.system.log_output import logger_for
from omnipub.adapters.system.threads import BoundedThreadPool
from omnipub.config import Mode, Settings
from omnipub.errors import OmnipubError
from omnipub.ports.http import HttpSender
from omnipub.ports.threads import ThreadPool
from omnipub.wiring.assemble import System, assemble, sender
from omnipub.wiring.world import World

if TYPE_CHECKING:
    from omnipub.services.stream.replay import Replay


def replay_of(system: System) -> "Replay":
    """What reads and replays the stream of a system on one machine."""
    from omnipub.adapters.local.sqlite.stream import SqliteStream
    from omnipub.services.stream.replay import Replay

    stream = system.world.stream
    if not isinstance(stream, SqliteStream):
        raise AssertionError("one machine has its stream in SQLite")  # noqa: TRY004  a broken promise of ours, not a wrong argument
    return Replay(
        base=system.base,
        stream=stream,
        reader=stream.reader,
        parked=stream.parked,
        gate=system.gate,
    )


def one_machine(settings: Settings, *, clock: SystemClock | None = None, threads: ThreadPool | None = None) -> System:
    """The system over SQLite and files in `settings.data`."""
    from omnipub.adapters.local.media import DirectoryMedia
    from omnipub.adapters.local.place import DirectoryPlace, state_of
    from omnipub.adapters.local.sqlite.delay import SqliteDelay
    from omnipub.adapters.local.sqlite.stream import SqliteStream
    from omnipub.adapters.local.sqlite.table import SqliteTable
    from omnipub.adapters.local.vault import KeyfileVault

    data = Path(settings.data)
    with ExitStack() as opened:  # what is open is closed again if something after it cannot be opened
        system = assemble(
            settings,
            World(
                table=opened.enter_context(closing(SqliteTable(data / "table.db"))),
                stream=opened.enter_context(closing(SqliteStream(data / "stream.db"))),
                delay=opened.enter_context(closing(SqliteDelay(data / "delay.db"))),
                vault=KeyfileVault(data / "vault.key"),
                media=DirectoryMedia(data / "media"),
                send=LazyHttpClient(partial(sender, settings)),
                mail=LazySmtpMailSender(),
                notice_http=LazyHttpClient(partial(_notice_sender, settings)),
                clock=clock or SystemClock(),
                chance=SystemChance(),
                threads=threads or BoundedThreadPool(),
                place=DirectoryPlace(data, state_of(settings)),
                journal=LogJournal(partial(logger_for, settings)),
            ),
        )
        _name(system)
        opened.pop_all()
    return system


def _notice_sender(settings: Settings) -> HttpSender:
    """What sends notices: to people, in a sandbox too, and there to receivers of this machine as well."""
    from omnipub.adapters.http.client import HttpClient
    from omnipub.adapters.http.loopback import LoopbackHttpClient

    return LoopbackHttpClient((), elsewhere=True) if settings.mode is Mode.SANDBOX else HttpClient()


def _name(system: System) -> None:
    """Give a new table its identity.

    Then a copy of it that is made before it ever ran is known as well.
    """
    try:
        system.gate.found()
    except OmnipubError:
        return  # who only reads can do without; whoever is to send checks it again and says why
