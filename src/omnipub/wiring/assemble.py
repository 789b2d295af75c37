"""The one page that puts adapters into services."""

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import urlsplit

from omnipub.adapters.http.lazy_client import LateSend
from omnipub.adapters.system.clock import SystemChance, SystemClock
from omnipub.adapters.system.journal import LogJournal
from omnipub.adapters.system.log_output import logger_for
from omnipub.adapters.system.threads import ThreadCrew
from omnipub.channels.registry import CHANNELS
from omnipub.config import Mode, Settings
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.rules import Remedy, Rules
from omnipub.domain.ids import network_of
from omnipub.errors import OmnipubError
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
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.accounts.check import Asking
from omnipub.services.accounts.connect import Connecting
from omnipub.services.accounts.secret_urls import Addresses
from omnipub.services.accounts.token_refresh import Renewals
from omnipub.services.bulk.export_rows import Exporting
from omnipub.services.bulk.import_rows import Importing
from omnipub.services.delivery.batch import Batches
from omnipub.services.delivery.circuit_breaker import Breakers
from omnipub.services.delivery.preflight import Stops
from omnipub.services.delivery.publish import Deliver
from omnipub.services.delivery.reconcile import Reconcile
from omnipub.services.delivery.search import Search
from omnipub.services.delivery.situation import Contents
from omnipub.services.delivery.token_retry import SecondTry
from omnipub.services.health.backlog import Backlog
from omnipub.services.health.blocked_accounts import Hindrances
from omnipub.services.health.checkup import Checkup
from omnipub.services.health.stuck import Stuck
from omnipub.services.messages.actions import Operate
from omnipub.services.messages.announce import Announce
from omnipub.services.messages.calendar import Calendar
from omnipub.services.messages.create import Compose
from omnipub.services.messages.create_transaction import Creation
from omnipub.services.messages.list import Lists
from omnipub.services.messages.preview import Preview
from omnipub.services.messages.read import Showing
from omnipub.services.messages.unpublish import Unpublish
from omnipub.services.pauses.pauses import Pauses
from omnipub.services.pauses.release import Releases
from omnipub.services.protocol.driver import Driver
from omnipub.services.protocol.enqueue import DueMoments
from omnipub.services.protocol.gate import Gate
from omnipub.services.protocol.store import Recording
from omnipub.services.scheduling.dispatch import Dispatch
from omnipub.services.scheduling.held_sweep import HeldSweep
from omnipub.services.scheduling.run_now import RunNow
from omnipub.services.table.adopt import Adoption
from omnipub.storage.shards import Shards

if TYPE_CHECKING:
    from omnipub.services.stream.replay import Replay


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


@dataclass(frozen=True, kw_only=True)
class System:
    """The services of one stage over one world."""

    settings: Settings
    world: World
    channels: Mapping[str, Channel]
    shards: Shards
    accounts: Accounts
    compose: Compose
    announce: Announce
    showing: Showing
    dispatch: Dispatch
    run_now: RunNow
    deliver: Deliver
    batches: Batches
    operate: Operate
    pauses: Pauses
    breakers: Breakers
    gate: Gate
    adoption: Adoption
    unpublish: Unpublish
    preview: Preview
    importing: Importing
    exporting: Exporting
    lists: Lists
    calendar: Calendar
    stuck: Stuck
    search: Search
    asking: Asking
    connecting: Connecting
    backlog: Backlog
    checkup: Checkup

    def close(self) -> None:
        """Let go of files and connections; the system is not used after this."""
        world = self.world
        for port in (world.table, world.stream, world.delay, world.send, world.journal, world.seat):
            if isinstance(port, Closable):
                port.close()


@runtime_checkable
class Closable(Protocol):
    """An adapter that holds something open."""

    def close(self) -> None:
        """Let go of it."""


def assemble(settings: Settings, world: World, channels: Mapping[str, Channel] = CHANNELS) -> System:
    """Build the services over any world: AWS, one machine, or a simulator."""
    table, clock, chance, journal = world.table, world.clock, world.chance, world.journal
    shards = Shards(table)
    due = DueMoments(stream=world.stream, delay=world.delay, clock=clock, journal=journal, lead=settings.lead)
    rules = _rules(settings, channels)
    driver = Driver(
        send=world.send,
        media=world.media.bytes_of,
        clock=clock,
        journal=journal,
        longest=timedelta(seconds=settings.request_timeout),
    )
    recording = Recording(table=table, shards=shards, clock=clock, chance=chance, journal=journal)
    gate = Gate(table=table, seat=world.seat, shards=shards, recording=recording, clock=clock)
    releases = Releases(
        table=table,
        shards=shards,
        recording=recording,
        gate=gate,
        due=due,
        clock=clock,
        chance=chance,
        journal=journal,
        channels=channels,
        window=timedelta(seconds=settings.missed_after),
    )
    accounts = Accounts(
        table=table,
        shards=shards,
        vault=world.vault,
        clock=clock,
        chance=chance,
        releases=releases,
        addresses=Addresses(table=table, vault=world.vault, chance=chance, journal=journal),
        channels=channels,
    )
    creation = Creation(
        table=table,
        shards=shards,
        accounts=accounts,
        due=due,
        clock=clock,
        chance=chance,
        channels=channels,
        missed_after=timedelta(seconds=settings.missed_after),
    )
    compose = Compose(creation=creation, channels=channels)
    preview = Preview(creation=creation, channels=channels)
    lists = Lists(table=table, shards=shards, clock=clock, channels=channels)
    pauses = Pauses(table=table, shards=shards, releases=releases, clock=clock, journal=journal)
    breakers = Breakers(table=table, clock=clock, chance=chance, journal=journal, channels=channels)
    renewing = Renewals(
        table=table,
        shards=shards,
        vault=world.vault,
        clock=clock,
        chance=chance,
        journal=journal,
        accounts=accounts,
        releases=releases,
        driver=driver,
        channels=channels,
    )
    reconcile = Reconcile(
        accounts=accounts,
        recording=recording,
        driver=driver,
        renewing=renewing,
        due=due,
        seat=world.seat,
        clock=clock,
        chance=chance,
        journal=journal,
        rules=rules,
        lease=settings.lease,
        patience=settings.batch_budget,
    )
    deliver = Deliver(
        table=table,
        accounts=accounts,
        contents=Contents(table=table, channels=channels),
        recording=recording,
        reconcile=reconcile,
        pauses=pauses,
        breakers=breakers,
        driver=driver,
        second_try=SecondTry(renewing=renewing, clock=clock, patience=settings.batch_budget),
        stops=Stops(recording=recording, pauses=pauses, clock=clock),
        due=due,
        gate=gate,
        seat=world.seat,
        clock=clock,
        chance=chance,
        journal=journal,
        channels=channels,
        rules=rules,
        lease=settings.lease,
    )
    batches = Batches(
        deliver=deliver,
        renewing=renewing,
        gate=gate,
        stream=world.stream,
        crew=world.crew,
        clock=clock,
        journal=journal,
        budget=settings.batch_budget,
        slots=settings.slots,
    )
    showing = Showing(table=table)
    dispatch = Dispatch(
        table=table,
        shards=shards,
        due=due,
        clock=clock,
        journal=journal,
        gate=gate,
        releases=releases,
        held_sweep=HeldSweep(table=table, shards=shards, releases=releases, clock=clock, journal=journal),
    )
    backlog = Backlog(table=table, shards=shards, clock=clock)
    asking = Asking(
        accounts=accounts,
        driver=driver,
        clock=clock,
        channels=channels,
    )
    return System(
        settings=settings,
        world=world,
        channels=channels,
        shards=shards,
        accounts=accounts,
        compose=compose,
        announce=Announce(creation=creation, channels=channels),
        showing=showing,
        pauses=pauses,
        breakers=breakers,
        gate=gate,
        adoption=Adoption(table=table, seat=world.seat, gate=gate, recording=recording, clock=clock),
        lists=lists,
        calendar=Calendar(table=table, shards=shards, clock=clock, channels=channels),
        stuck=Stuck(table=table, shards=shards, clock=clock),
        search=Search(
            accounts=accounts,
            contents=Contents(table=table, channels=channels),
            recording=recording,
            reconcile=reconcile,
            gate=gate,
            clock=clock,
            journal=journal,
            channels=channels,
            within=settings.lease,
        ),
        preview=preview,
        importing=Importing(compose=compose, preview=preview, showing=showing, media=world.media),
        exporting=Exporting(table=table, lists=lists, missed_after=timedelta(seconds=settings.missed_after)),
        unpublish=Unpublish(
            showing=showing,
            accounts=accounts,
            recording=recording,
            gate=gate,
            driver=driver,
            clock=clock,
            channels=channels,
        ),
        operate=Operate(
            creation=creation,
            gate=gate,
            recording=recording,
            showing=showing,
            clock=clock,
            missed_after=timedelta(seconds=settings.missed_after),
        ),
        dispatch=dispatch,
        run_now=RunNow(table=table, shards=shards, stream=world.stream, clock=clock, gate=gate),
        deliver=deliver,
        batches=batches,
        asking=asking,
        connecting=Connecting(
            table=table,
            shards=shards,
            clock=clock,
            chance=chance,
            accounts=accounts,
            releases=releases,
            asking=asking,
            renewing=renewing,
            channels=channels,
        ),
        backlog=backlog,
        checkup=Checkup(
            table=table,
            backlog=backlog,
            dispatch=dispatch,
            gate=gate,
            hindrances=Hindrances(
                table=table,
                shards=shards,
                backlog=backlog,
                accounts=accounts,
                pauses=pauses,
                breakers=breakers,
                clock=clock,
            ),
            clock=clock,
        ),
    )


def replay_of(system: System) -> "Replay":
    """What reads and replays the stream of a system on one machine."""
    from omnipub.adapters.local.sqlite.stream import SqliteStream
    from omnipub.services.stream.replay import Replay

    stream = system.world.stream
    if not isinstance(stream, SqliteStream):
        raise AssertionError("one machine has its stream in SQLite")  # noqa: TRY004  a broken promise of ours, not a wrong argument
    return Replay(
        table=system.world.table,
        stream=stream,
        reader=stream.reader,
        parked=stream.parked,
        gate=system.gate,
        clock=system.world.clock,
    )


def one_machine(settings: Settings, *, clock: SystemClock | None = None, crew: Crew | None = None) -> System:
    """The system over SQLite and files in `settings.data`."""
    from omnipub.adapters.local.media import DirectoryMedia
    from omnipub.adapters.local.place import DirectorySeat, state_of
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
                send=LateSend(partial(sender, settings)),
                clock=clock or SystemClock(),
                chance=SystemChance(),
                crew=crew or ThreadCrew(),
                seat=DirectorySeat(data, state_of(settings)),
                journal=LogJournal(partial(logger_for, settings)),
            ),
        )
        _name(system)
        opened.pop_all()
    return system


def _name(system: System) -> None:
    """Give a new table its identity: then a copy of it that is made before it ever ran is known as well."""
    try:
        system.gate.found()
    except OmnipubError:
        return  # who only reads can do without; whoever is to send checks it again and says why


def sender(settings: Settings) -> Send:
    """What sends: to the networks, or to a sandbox of this machine and nowhere else."""
    from omnipub.adapters.http.client import HttpSend
    from omnipub.adapters.http.loopback import LoopbackSend

    if settings.mode is Mode.SANDBOX:
        return LoopbackSend(_origin(settings.sandbox_url))
    # Live, no origin is exempt from the address guard, whatever the settings say of a sandbox.
    return HttpSend()


def _rules(settings: Settings, channels: Mapping[str, Channel]) -> Callable[[Delivery], Rules]:
    def rules(delivery: Delivery) -> Rules:
        channel = channels.get(network_of(delivery.channel))
        if channel is None:  # only a release that knows it finds out more
            return Rules(remedy=Remedy.LOOK_UP, settle=timedelta(0), tries=settings.tries)
        settle = timedelta(seconds=settings.settle) if settings.settle else channel.settle
        return Rules(remedy=channel.remedy(delivery.account), settle=settle, tries=settings.tries)

    return rules


def _origin(url: str) -> set[str]:
    parts = urlsplit(url)
    return {f"{parts.scheme}://{parts.netloc}"} if url else set()
