"""One seed, one history: messages, operators and every kind of failure, then fair weather, then the check."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from typing import Any

from omnipub.adapters.local.sqlite.stream import StoredRecord
from omnipub.config import Settings
from omnipub.domain.conversation import Channel, Request, Response, Secret
from omnipub.domain.delivery.decide import BEYOND_LEAD
from omnipub.domain.delivery.lifecycle import WATCHED, Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, from_text, milliseconds
from omnipub.errors import (
    ConflictError,
    GateClosedError,
    InvalidInputError,
    NotFoundError,
    OmnipubError,
    UnavailableError,
)
from omnipub.handlers import delay_consumer, scheduler, worker
from omnipub.onebox.aws_events import delayed_event, kinesis_event, sequence_of, tick_event
from omnipub.ports.delay import DueSoon
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Item, Key
from omnipub.services.messages.create_transaction import IdempotencyKey
from omnipub.services.messages.read import Viewer
from omnipub.services.stream.wire_format import delayed_to_text, pointer_to_text
from omnipub.storage import keys
from omnipub.storage.items import ConnectionStatus, connection_of, delivery_item, delivery_of, message_of
from omnipub.wiring.assemble import System, assemble
from omnipub.wiring.world import World
from simulation.channel import SimChannel
from simulation.hub import EPOCH, DeathError, Hub, Process
from simulation.neighbours import by_hand, check_adopted
from simulation.ports import (
    Faults,
    Post,
    SimChance,
    SimClock,
    SimCrew,
    SimDelay,
    SimJournal,
    SimMedia,
    SimNetwork,
    SimStream,
    SimTable,
    SimVault,
)
from support.places import FakePlace
from support.tokens import TokenBook

OWNER = "owner"
ME = Viewer(owner=OWNER, operator=True)
MINUTE = 60_000
SETTLE = timedelta(seconds=20)
POLL = 200
"""How often Kinesis' trigger looks, in milliseconds."""

VISIBILITY = 30_000
"""So long SQS keeps a message away that was received and not deleted."""

STORM = 20 * MINUTE
CALM = 120 * MINUTE
"""How long things go wrong; then the weather is fair until everything is at rest."""

CHANNELS: dict[str, Channel] = {
    "looked": SimChannel("looked", ReconcileMethod.LOOK_UP, SETTLE),
    "keyed": SimChannel("keyed", ReconcileMethod.RESEND, SETTLE),
    "blind": SimChannel("blind", ReconcileMethod.NONE, SETTLE),
}
CLOCK_JUMP = 2_000
"""Milliseconds that a machine's clock may be set to or fro while it works, within the protocol's bounds."""

CALLED_OFF_GRACE = 1_000 + 2 * CLOCK_JUMP
"""Milliseconds: what a first claim rests on counts as just read for a second, by a clock that may be set."""

REMEDIES = {name: channel.remedy("") for name, channel in CHANNELS.items()}

NETWORK_FAULTS = (
    "refuse",
    "throttle",
    "reject",
    "silence",
    "error_before",
    "accept_late",
    "lost_answer",
    "reset_after",
    "error_after",
    "listed_late",
    "prepare_slow",
    "frozen_after",
    "permalink_silence",
    "permalink_error",
)
RENEWAL_FAULTS = ("renewal_silence", "renewal_throttle", "renewal_error", "renewal_refusal", "renewal_lost")


class BrokenPromiseError(BaseException):
    """An invariant did not hold; the message ends with the history as a story. No worker may catch it."""


class Sender:
    """The way to the networks of one process, which knows the table that process works on."""

    def __init__(self, history: "History", table: SimTable) -> None:
        self._history = history
        self._table = table

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        if request.publishes:
            self._history.watch_send(self._table, request.json["key"], request.json["text"])
            self._history.watch_token(request.headers["Authorization"])
        return self._history.network.send(request, media)


@dataclass
class Asked:
    """A message as its author knows it."""

    key: str
    channels: tuple[str, ...]
    id: str = ""
    texts: list[str] = field(default_factory=list)
    said_again: dict[str, int] = field(default_factory=dict)
    retried: set[str] = field(default_factory=set)


BEYOND: dict[str, dict[str, Any]] = {
    "lists later than settle": {"beyond_settle": 3, "network": {"accept_late": 0.3, "listed_late": 0.7}},
    "stall at the socket": {"stall_at_the_socket": 0.05},
    "clock jumps by minutes": {"clock_jumps": 0.02, "clock_jump_ms": 5 * MINUTE},
}
"""What the protocol's bounds exclude: name → the faults that do it. How much each doubles is measured."""


@dataclass(frozen=True, kw_only=True)
class Weather:
    """What a history is made of.

    Attributes:
        fair: No failures at all.
        skewed: Fair, but for workers whose clocks are seconds behind the others', or ahead, and a delay queue that
            doubles.
        tokens: Accounts have tokens that end, and are renewed.
        key_fails: The key that seals tokens does not always answer.
        late: Workers freeze before they read answers, and operators decide at once what is unconfirmed.
        windows: Authors say until when a message makes sense, and some of that ends in the storm.
        same: Most messages say the same.
        neighbours: People post by hand what messages nearly or exactly say.
        beyond: One of BEYOND: a failure that the protocol's bounds exclude. Doubles are counted then, not refused.
    """

    fair: bool = False
    skewed: bool = False
    messages: int = 6
    deaths: bool = True
    operators: bool = True
    restore: bool = False
    tokens: bool = False
    key_fails: bool = False
    late: bool = False
    windows: bool = False
    same: bool = False
    neighbours: bool = False
    beyond: str = ""


class History:
    """Builds the world of a seed, lets it run, and checks the promises."""

    def __init__(self, seed: int, weather: Weather | None = None) -> None:
        self.hub = Hub(seed)
        self.weather = weather or Weather(
            restore=seed % 5 == 0,
            fair=seed % 10 in {8, 9},
            skewed=seed % 10 == 8,
            tokens=seed % 6 in {1, 2},
            key_fails=seed % 6 in {2, 3},
            late=seed % 7 == 4,
            windows=seed % 4 == 2,
            same=seed % 4 == 1,
            neighbours=seed % 3 == 2,
        )
        self.skew_ms = self.hub.chance.choice([-5_000, -3_000, 3_000]) if self.weather.skewed else 0
        self.faults = Faults()
        self.claimed_by: dict[str, Process | None] = {}
        self.table = self._table()
        self.stream = SimStream(self.hub, self.faults)
        self.stream.arrives = self._trigger
        self.polls: set[int] = set()
        self.delay = SimDelay(self.hub, self.faults, SETTINGS.lead)
        self.delay.woken = self._woken
        settle = {name: milliseconds(SETTLE) for name in CHANNELS}
        self.network = SimNetwork(self.hub, self.faults, settle)
        self.network.accepted = self.watch_accepted
        self.network.named = lambda post: self.named.append((post, self.hub.current))
        self.named: list[tuple[Post, Process | None]] = []
        self.network.broken_rule = self.fail
        self.network.renewal_begins = self._rival
        self.stored_tokens: set[str] = set()
        self.connecting: set[str] = set()
        self.journal = SimJournal(self.hub)
        self.place = FakePlace()
        self.asked: list[Asked] = []
        self.paused_since: dict[str, int] = {}
        self.busy_lanes: set[str] = set()
        self.doubled: set[tuple[str, str]] = set()
        self.editors = seed % 7 == 3
        self.restored = False
        self.storm = STORM
        self.called_off: dict[str, int] = {}
        self.first_claim: dict[str, int] = {}
        self.network.tells_time = seed % 2 == 0

    # -- the world ------------------------------------------------------------------------------

    def _storm(self) -> Faults:
        if self.weather.fair:
            return Faults(delay_doubled=0.3 if self.weather.skewed else 0)
        chance = self.hub.chance
        self.hub.death_rate = chance.choice([0, 0, 0.002, 0.01]) if self.weather.deaths else 0
        chosen = chance.sample(NETWORK_FAULTS, chance.randint(0, 5))
        faults = Faults(
            storage_refuses=chance.choice([0, 0, 0.01, 0.05]),
            storage_answer_lost=chance.choice([0, 0, 0.02, 0.1]),
            index_lag_ms=chance.choice([0, 1_000, 30_000, 8 * MINUTE]),
            stream_lost=chance.choice([0, 0.05, 0.5]),
            stream_doubled=chance.choice([0, 0.3]),
            stream_delay_ms=chance.choice([200, 5_000, 90_000]),
            delay_lost=chance.choice([0, 0.5, 1.0]),
            delay_refused=chance.choice([0, 0, 0.3]),
            delay_doubled=chance.choice([0, 0, 0.3]),
            delay_late_ms=chance.choice([0, 0, 5_000, 60_000]),
            clock_off_ms=chance.choice([0, 0, 400]),
            clock_jumps=chance.choice([0, 0, 0.02]),
            clock_jump_ms=CLOCK_JUMP,
            stall=chance.choice([0, 0, 0.003, 0.02]),
            network={name: chance.choice([0.05, 0.3, 0.7]) for name in chosen},
        )
        if self.weather.tokens:
            some = chance.sample(RENEWAL_FAULTS, chance.randint(0, 3))
            faults.network |= {name: chance.choice([0.1, 0.5]) for name in some}
        if self.weather.late:
            faults.network |= {"frozen_after": 0.7, "prepare_slow": 0.5}
        if self.weather.key_fails:
            faults.key_silent = chance.choice([0.05, 0.5])
        vars(faults).update(BEYOND.get(self.weather.beyond, {}))
        return faults

    def _table(self) -> SimTable:
        table = SimTable(self.hub, self.faults)
        table.written = self.watch_written
        return table

    def _system(self, off_ms: int = 0) -> System:
        """A fresh process's view: its own clock, so far off, and caches over the same world."""
        clock = SimClock(self.hub, self.faults)
        clock.off = off_ms
        if self.faults.clock_off_ms:
            clock.off = self.hub.chance.randint(-self.faults.clock_off_ms, self.faults.clock_off_ms)
        world = World(
            table=self.table,
            stream=self.stream,
            delay=self.delay,
            vault=SimVault(self.hub, self.faults),
            media=SimMedia(),
            send=Sender(self, self.table),
            clock=clock,
            chance=SimChance(self.hub),
            threads=SimCrew(),
            place=self.place,
            journal=self.journal,
        )
        return assemble(SETTINGS, world, CHANNELS)

    # -- what happens ---------------------------------------------------------------------------

    def run(self) -> None:
        """Let the storm pass, then the calm, then check."""
        system = self._system()
        system.gate.enter()
        for name in CHANNELS:
            self._connect(system, name)
        vars(self.faults).update(vars(self._storm()))
        for minute in range(0, STORM + CALM, MINUTE):
            self._tick(minute)
        self._people()
        self.hub.run(STORM)
        self._calm()
        self.hub.run(STORM + CALM)
        if not self.weather.beyond:
            self.check()

    def _people(self) -> None:
        """Everybody who acts during the storm."""
        chance = self.hub.chance
        for number in range(self.weather.messages):
            self.hub.start(
                f"author-{number}", lambda n=number: self._author(n), after=chance.randint(0, STORM // 2), mortal=False
            )
        if self.weather.tokens:
            for name in CHANNELS:
                self.hub.start(f"calendar-{name}", lambda n=name: self._end_tokens(n), mortal=False)
        if self.weather.fair:
            return
        if self.weather.neighbours:
            self.hub.start("neighbour", partial(by_hand, self), mortal=False)
        if self.weather.operators:
            self._operators()
        self._disturbers()

    def _operators(self) -> None:
        chance = self.hub.chance
        for number in range(60 if self.editors else chance.randint(0, 6)):
            self.hub.start(f"operator-{number}", self._operator, after=chance.randint(0, STORM), mortal=False)
        if self.weather.late:
            self.hub.start("hasty operator", self._hasty, mortal=False)
        if chance.random() < 0.3:
            self.hub.start("owner", self._lose_token, after=chance.randint(0, STORM), mortal=False)
        if chance.random() < 0.3:
            self.hub.start("outage", self._outage, after=chance.randint(0, STORM), mortal=False)
        if chance.random() < 0.4:
            self.hub.start("on-call", self._pause, after=chance.randint(0, STORM), mortal=False)

    def _disturbers(self) -> None:
        chance = self.hub.chance
        if chance.random() < 0.1:
            self.hub.start("silence", self._silence, after=chance.randint(0, STORM), mortal=False)
        for number in range(chance.randint(0, 8)):
            self.hub.start(f"replay-{number}", self._replay, after=chance.randint(0, STORM))
        if self.weather.restore:
            self.hub.start("disaster", self._restore, after=chance.randint(MINUTE, STORM), mortal=False)

    def _calm(self) -> None:
        """Fair weather: faults end, accounts work, pauses end."""
        self.hub.tell("THE WEATHER IS FAIR")
        self.hub.death_rate = 0
        for name, value in vars(Faults()).items():
            setattr(self.faults, name, value)
        self.network.dead_tokens.clear()
        self.network.down_until.clear()
        self.hub.start("repair", self._repair, mortal=False)
        for minute in range(20, CALM // MINUTE, 10):
            self.hub.start("watch", self._watch_overdue, after=minute * MINUTE, mortal=False)

    def _watch_overdue(self) -> None:
        """In fair weather nothing waits past its moment for longer than a few ticks, whatever was before."""
        if self.hub.time < self.stream.silent_until + 10 * MINUTE:
            return
        for item in list(self.table.items.values()):
            if keys.channel_of(item["SK"]) is None or item["status"] not in {Status.SCHEDULED, Status.PUBLISHING}:
                continue
            overdue = milliseconds(self.hub.now() - from_text(item["next_at"]))
            if overdue > 5 * MINUTE:
                self.fail(f"{item['PK'][-4:]} {item['SK']} is overdue by {overdue} ms in fair weather")

    def _repair(self) -> None:
        system = self._system()
        for name in CHANNELS:
            self._connect(system, name)
        for pause in system.pauses.all():
            self.paused_since.pop(pause.scope, None)
            while True:
                try:
                    system.pauses.resume(pause.scope, send_late=True)
                except GateClosedError:  # in a copy nothing is resumed before it is adopted
                    self.hub.wait(1_000)
                    continue
                except NotFoundError:
                    self.hub.tell(f"the pause of {pause.scope} went with the table that was lost")
                break

    def _connect(self, system: System, name: str) -> None:
        if self.weather.tokens:
            self._connect_renewable(system, name)
            return
        system.accounts.connect(owner=OWNER, channel=name, account=f"acc-{name}", token=Secret("t"))

    def _connect_renewable(self, system: System, name: str) -> None:
        """The owner gets tokens at the network, which end at once what was there before, and connects with them."""
        while name in self.connecting:
            self.hub.wait(100)  # an owner does one thing at a time
        self.connecting.add(name)
        try:
            self._connect_with_new_tokens(system, name)
        finally:
            self.connecting.discard(name)

    def _connect_with_new_tokens(self, system: System, name: str) -> None:
        book = self.network.books.setdefault(f"{name}/acc-{name}", TokenBook())
        tokens = book.connected()
        self.hub.tell(f"the owner of {name} gets {book.access}")
        ahead = self.hub.chance.choice([None, timedelta(hours=1), timedelta(days=2)])
        system.connecting.connect(
            owner=OWNER,
            channel=name,
            account=f"acc-{name}",
            token=tokens.pop("token"),
            credentials=tokens,
            ends_at=self.hub.now() + ahead if ahead else None,
        )

    def _end_tokens(self, name: str) -> None:
        """Tokens end, and owners who notice may act at the very moment at which a worker does."""
        chance, book = self.hub.chance, self.network.books[f"{name}/acc-{name}"]
        self.hub.wait(chance.randint(0, MINUTE))
        while self.hub.time < STORM:
            if self.weather.fair and self.hub.time - book.given_at < MINUTE:
                self.hub.wait(MINUTE)  # what ends as soon as it is given is no fair weather
                continue
            book.ended = True
            # A network that gives a token and refuses it at once has refused what it should have taken.
            book.doubtful = book.doubtful or self.hub.time - book.given_at < MINUTE
            self.hub.tell(f"the token of {name} ends")
            if not self.weather.fair and chance.random() < 0.3:
                self.hub.wait(chance.randint(0, 2 * MINUTE))
                self._patiently(lambda: self._connect(self._system(), name))
            self.hub.wait(chance.randint(2 * MINUTE, 6 * MINUTE))

    def _rival(self, account: str) -> None:
        """While a worker renews a token, its owner may connect anew."""
        name, chance = account.partition("/")[0], self.hub.chance
        if not self.weather.fair and self.hub.time < STORM and chance.random() < 0.15:
            after = chance.randint(0, 600)
            act = partial(self._patiently, lambda: self._connect(self._system(), name))
            self.hub.start("owner, impatient", act, after=after, mortal=False)

    def _tick(self, minute: int) -> None:
        chance = self.hub.chance
        storm = not self.weather.fair and minute < STORM
        if storm and chance.random() < 0.1:
            return  # a tick is lost
        for _ in range(2 if storm and chance.random() < 0.1 else 1):
            jitter = chance.randint(0, 30_000) if storm else 0
            self.hub.start(f"tick-{minute // MINUTE}", self._run_tick, after=minute + jitter)

    def _run_tick(self) -> None:
        self._era(lambda: scheduler.build(self._system())(tick_event(EPOCH), None))

    def _woken(self, due: list[DueSoon], after: int, receives: int = 1) -> None:
        """The delay queue's consumer, called again for messages that failed, or that it died with."""
        event = delayed_event([delayed_to_text(due)])
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(receives)
        failed = [True]  # until it says otherwise

        def run() -> None:
            handle = delay_consumer.build(self._system(), lambda _: self.hub.tell("parks a message"))
            failed[0] = bool(handle(event, None)["batchItemFailures"])

        def done(_: Process) -> None:
            if failed[0]:
                self._woken(due, VISIBILITY, receives + 1)

        self.hub.start("delayed", run, after=after, done=done)

    def _era(self, run: Callable[[], Any]) -> None:
        try:
            run()
        except OmnipubError as error:
            self.hub.tell(f"ends with: {error.message}")

    def _trigger(self, at: int) -> None:
        """Kinesis' trigger looks at its next poll at or after `at`, once."""
        poll = -(-max(at, self.hub.time) // POLL) * POLL
        if poll not in self.polls:
            self.polls.add(poll)
            self.hub.start("trigger", self._poll, after=poll - self.hub.time, mortal=False)

    def _poll(self) -> None:
        """Batches per group in order of arrival; a group whose worker is busy waits for its end."""
        now = self.hub.time
        self.polls.discard(now)
        ready: dict[str, list[Pointer]] = {}
        rest = []
        at_most = self.hub.chance.randint(1, 10)
        for at, pointer in sorted(self.stream.records, key=lambda one: one[0]):
            there = at <= now and pointer.group not in self.busy_lanes
            if there and len(ready.setdefault(pointer.group, [])) < at_most:
                ready[pointer.group].append(pointer)
            else:
                rest.append((at, pointer))
        self.stream.records = rest
        for group, pointers in ready.items():
            self._invoke(group, pointers, tries=0)

    def _invoke(self, group: str, batch: list[Pointer], tries: int) -> None:
        self.busy_lanes.add(group)
        failed: list[int] = [0]  # until it says otherwise, all of it

        def run() -> None:
            records = [_record(number, pointer) for number, pointer in enumerate(batch)]
            answer = worker.build(self._system(self.skew_ms))(kinesis_event(records), None)
            failed[:] = [sequence_of(one["itemIdentifier"]) for one in answer["batchItemFailures"]]

        def done(_: Process) -> None:
            self.busy_lanes.discard(group)
            self._trigger(self.hub.time)
            if failed and tries < 4:
                self._invoke(group, batch[min(failed) :], tries + 1)

        self.hub.start(f"worker {group}", run, after=self.hub.chance.randint(5, 80), done=done)

    def _replay(self) -> None:
        """An operator replays records, or Lambda's own poller does: beside whatever else is at work."""
        pointers = [
            Pointer(pk=f"MSG#{asked.id}", sk=f"CHANNEL#{channel}", group=f"{channel}/acc-{channel}", why="replay")
            for asked in self.asked
            for channel in asked.channels
        ]
        for _ in range(2):
            worker_over = worker.build(self._system())
            batch = [_record(number, pointer) for number, pointer in enumerate(pointers)]
            self.hub.start("replayed worker", lambda run=worker_over, batch=batch: run(kinesis_event(batch), None))

    def _author(self, number: int) -> None:
        chance = self.hub.chance
        channels = tuple(chance.sample(sorted(CHANNELS), chance.randint(1, 3)))
        same = not self.weather.fair and chance.random() < (0.8 if self.weather.same else 0.2)
        text = f"the same: https://ours.example/{number % 2}" if same else f"message {number}: https://ours.example/"
        asked = Asked(key=f"key-{number}", channels=channels, texts=[text])
        ahead = chance.choice([0, 0, 30_000, 140_000, 151_000, 5 * MINUTE])
        at = self.hub.now() + timedelta(milliseconds=ahead)
        schedule = Schedule(at=at, local=at.isoformat(), zone="UTC") if ahead else None
        window = timedelta(seconds=chance.randint(60, 600)) if self.weather.windows else None
        made: list[str] = []

        def request() -> None:
            created = self._system().compose.message(
                owner=OWNER,
                content=Content(text=text),
                channels=channels,
                schedule=schedule,
                window=window,
                idempotency=IdempotencyKey.of(asked.key, {"number": number}),
            )
            made.append(created.id)

        for attempt in range(50):
            made.clear()
            process = self.hub.start(f"api-{number}.{attempt}", request)
            while not process.machine.dead:
                self.hub.wait(50)
            if made:
                if asked in self.asked and made[0] != asked.id and not self.restored:
                    self.fail(f"one key made two messages: {asked.id} and {made[0]}")
                asked.id = made[0]
                if asked not in self.asked:
                    self.asked.append(asked)
                if chance.random() < 0.8:
                    return  # else the answer is lost on its way to the client, who asks again
            elif isinstance(process.failed, InvalidInputError):
                return  # the request came so late that its moment had passed; its author is told
            elif not isinstance(process.failed, UnavailableError | DeathError):
                self.fail(f"composing failed: {process.failed!r}")
            self.hub.wait(chance.randint(100, 5_000))

    def _operator(self) -> None:
        chance = self.hub.chance
        if not self.asked:
            return
        asked = chance.choice(self.asked)
        channel = chance.choice(asked.channels)
        act = "edit" if self.editors else chance.choice(["cancel", "edit", "retry", "mark", "dismiss"])
        self._intervene(asked, channel, act)

    def _intervene(self, asked: Asked, channel: str, act: str) -> None:
        parent, system = Parent(kind=ParentKind.MESSAGE, id=asked.id), self._system()
        self.hub.tell(f"wants to {act} {asked.id[-4:]} {channel}")
        try:
            match act:
                case "cancel":
                    system.operate.cancel(parent, ME, channels=[channel], reason="Changed my mind.")
                case "edit":
                    self._edit(system, asked, parent)
                case "retry":
                    before = self._delivery(asked.id, channel)
                    twice = before is not None and before.status is Status.UNCONFIRMED
                    if twice:
                        asked.said_again[channel] = asked.said_again.get(channel, 0) + 1
                    system.operate.retry(parent, ME, channels=[channel], doubling=twice)
                    asked.retried.add(channel)
                case "mark":
                    posts = [post for post in self.network.posts if asked.id in post.key and channel in post.key]
                    if posts:
                        system.operate.mark_published(parent, ME, channel=channel, network_id=posts[0].id)
                case _:
                    system.operate.dismiss(parent, ME, channels=[channel], reason="Enough.")
        except OmnipubError as error:
            self.hub.tell(f"is told: {error.message}")

    def _hasty(self) -> None:
        """An operator who decides about whatever is unconfirmed as soon as it is, and calls off what is under way."""
        while self.hub.time < STORM:
            self.hub.wait(self.hub.chance.randint(5_000, 60_000))
            for asked in list(self.asked):
                for channel in asked.channels:
                    there = self._delivery(asked.id, channel)
                    if there is not None and there.status is Status.UNCONFIRMED:
                        self._intervene(asked, channel, self.hub.chance.choice(["retry", "dismiss"]))
                    elif there is not None and there.status is Status.PUBLISHING and self.hub.chance.random() < 0.2:
                        self._intervene(asked, channel, "cancel")

    def _edit(self, system: System, asked: Asked, parent: Parent) -> None:
        delivery = self._delivery(asked.id, asked.channels[0])
        if self.editors and delivery is not None and delivery.next_at is not None:
            # The worst moment: just when a worker reads what it is about to claim.
            ahead = milliseconds(delivery.next_at - self.hub.now())
            self.hub.wait(max(0, ahead) + self.hub.chance.randint(0, 400))
        text = f"{asked.texts[0]}, edition {len(asked.texts) + 1}"
        asked.texts.append(text)
        system.operate.edit(parent, ME, content=Content(text=text))

    def _lose_token(self) -> None:
        name = self.hub.chance.choice(sorted(CHANNELS))
        self.network.dead_tokens.add(f"{name}/acc-{name}")
        self.hub.tell(f"the token of {name} dies")
        if self.weather.tokens:
            self.network.books[f"{name}/acc-{name}"].doubtful = True  # it refuses new tokens as well
        self.hub.wait(self.hub.chance.randint(1, 5) * MINUTE)
        self.network.dead_tokens.clear()
        self._patiently(lambda: self._connect(self._system(), name))

    def _silence(self) -> None:
        """The stream takes nothing for an hour, also while the weather is fair in all else."""
        self.hub.tell("the stream takes nothing for an hour")
        self.stream.silent_until = self.hub.time + 60 * MINUTE

    def _outage(self) -> None:
        name = self.hub.chance.choice(sorted(CHANNELS))
        self.network.down_until[name] = self.hub.time + self.hub.chance.randint(1, 10) * MINUTE
        self.hub.tell(f"{name} is down")

    def _pause(self) -> None:
        scope = self.hub.chance.choice(["everything", "channel:looked", "account:keyed/acc-keyed", f"owner:{OWNER}"])
        self._patiently(lambda: self._system().pauses.pause(scope, reason="Stop.", by="on-call"))
        if keys.pause(scope) in self.table.items:  # else it stands in the table that was lost meanwhile
            self.paused_since[scope] = self.hub.time
        self.hub.wait(self.hub.chance.randint(1, 6) * MINUTE)
        if self.paused_since.pop(scope, None) is not None:
            self._patiently(lambda: self._system().pauses.resume(scope, send_late=True))

    def _restore(self) -> None:
        """The table is lost and an older copy of it restored in its place; an operator adopts it later."""
        copy = {key: dict(item) for key, item in self.table.items.items()}
        self.hub.wait(self.hub.chance.randint(1_000, 4 * MINUTE))
        known = {key.pk for key in copy}
        self.hub.tell("THE TABLE IS RESTORED FROM AN OLDER COPY")
        # What runs goes on with the old table; what starts from now on meets the copy.
        self.table = self._table()
        self.table.copy_from(copy)
        self.place.name = "restored"
        self.restored = True
        # What the copy does not know was lost with the original: messages, their keys, pauses.
        self.asked = [asked for asked in self.asked if f"MSG#{asked.id}" in known]
        paused = {key.sk for key in copy if key.pk == keys.pauses()}
        self.paused_since = {scope: since for scope, since in self.paused_since.items() if scope in paused}
        # Until the original is surely retired: no process of it is left, not even one that stalls.
        self.hub.wait(self.hub.chance.randint(6, 8) * MINUTE)
        self._patiently(self._adopt)
        self.hub.tell("the copy is adopted")
        for name in CHANNELS:
            # Its tokens are older than what their networks gave since, and so is what it holds for an owner.
            held = connection_of(self.table.items[keys.connection(OWNER, name)]).standing is not ConnectionStatus.ACTIVE
            if self.weather.tokens or held:
                self._patiently(lambda name=name: self._connect(self._system(), name))

    def _adopt(self) -> None:
        self._system().adoption.adopt()

    def _patiently(self, act: Callable[[], object]) -> None:
        """As a person does: again, until it works."""
        for _ in range(50):
            try:
                act()
            except (UnavailableError, ConflictError):
                self.hub.wait(500)
            except NotFoundError:
                return
            else:
                return

    # -- what must hold -------------------------------------------------------------------------

    def watch_send(self, table: SimTable, key: str, text: str) -> None:
        """Each time a publishing request leaves."""
        channel = key.rpartition("#")[2]
        scopes = {"everything", f"channel:{channel}", f"account:{channel}/acc-{channel}", f"owner:{OWNER}"}
        grace = milliseconds(SETTINGS.lease)
        for scope, since in self.paused_since.items():
            # Who still works on a table that was lost cannot know what is paused in its copy.
            if table is self.table and scope in scopes and self.hub.time > since + grace:
                self.fail(f"{key} is sent although {scope} is paused since {since} ms")
        pk, _, sk = key.partition("/")
        item = table.items.get(Key(pk, sk))
        # Whoever says "send it again" means now, also of what is due later in a table that is older.
        again = any(asked.id in pk and channel in asked.retried for asked in self.asked)
        if item is not None and not again and (due := delivery_of(item).due_at) is not None:
            early = milliseconds(due - self.hub.now())
            if (
                early
                > max(self.faults.clock_off_ms, self.skew_ms, self.faults.clock_jumps and self.faults.clock_jump_ms)
                + 10
            ):
                self.fail(f"{key} is sent {early} ms before it is due")
        self._watch_limits(key, item)
        gate = table.items.get(keys.gate())
        if table is self.table and (gate is None or gate["identity"] != self.place.name):
            self.fail(f"{key} is sent from a copy that nobody has adopted: {text!r}")

        parent = keys.parent_of(pk)
        said = message_of(table.items[keys.metadata(parent)]).content.text if parent and item is not None else text
        if text != said and not self.weather.beyond:
            self.fail(f"{key} says {text!r} although its author says {said!r} by now")

    def _watch_limits(self, key: str, item: Item | None) -> None:
        """Nothing leaves past its window, or seconds after somebody called it off."""
        off = max(self.faults.clock_off_ms, self.faults.clock_jumps and self.faults.clock_jump_ms)
        if item is None or self.weather.beyond:
            return
        there = delivery_of(item)
        if there.not_after is not None and milliseconds(self.hub.now() - there.not_after) > off + 100:
            self.fail(f"{key} is sent past its window, which ended at {there.not_after}")
        if there.cancel_asked and self.hub.time - self.called_off.get(key, self.hub.time) > CALLED_OFF_GRACE:
            self.fail(f"{key} is sent although it was called off at {self.called_off[key]} ms")

    def watch_written(self, before: Item | None, after: Item | None) -> None:
        """Each time the table changes: nobody but its holder ends a lease that is in force."""
        if self.weather.tokens and after is not None:
            self._watch_tokens(before, after)
        if after is not None and after.get("cancel_asked") and not (before or {}).get("cancel_asked"):
            self.called_off["/".join((after["PK"], after["SK"]))] = self.hub.time
        old = delivery_of(before).lease if before is not None and "lease" in before else None
        new = delivery_of(after).lease if after is not None and "lease" in after else None
        if new is not None and (old is None or new.claim_id != old.claim_id):
            self.claimed_by[new.claim_id] = self.hub.current
            self.first_claim.setdefault("/".join(((after or {})["PK"], (after or {})["SK"])), self.hub.time)
            if new.sends and before is not None and before.get("cancel_asked"):
                self.fail(f"a try begins of what is to be cancelled: {before}")
        if old is None or (new is not None and new.claim_id == old.claim_id) or self.weather.beyond:
            return
        left = milliseconds(old.until - self.hub.now()) - 2 * max(CLOCK_JUMP, abs(self.skew_ms))
        # News from an earlier try that it is out, and an adoption's doubt, need no lease.
        allowed = {Status.PUBLISHED, Status.UNCONFIRMED} if self.restored else {Status.PUBLISHED}
        if (
            left > 0
            and self.claimed_by.get(old.claim_id) is not self.hub.current
            and (after or {}).get("status") not in allowed
        ):
            self.fail(f"a lease with {left} ms left is ended by somebody else: {before}")

    def watch_token(self, token: str | Secret) -> None:
        """Each time a publishing request leaves: what is used has been stored, or could be lost after it was."""
        used = token.reveal() if isinstance(token, Secret) else token
        if self.weather.tokens and used not in self.stored_tokens:
            self.fail(f"{used} is used and was never stored")

    def _watch_tokens(self, before: Item | None, after: Item) -> None:
        """No try is burnt for a token, none is written over a newer one, and none that works holds its account."""
        was = before or {}
        reason = after.get("reason")
        ends = isinstance(reason, dict) and reason["code"] == "401" and reason != was.get("reason")
        if ends and was.get("deaths") == after.get("deaths") and was.get("tries_used") != after.get("tries_used"):
            self.fail(f"a token's end burns a try of {after['PK']} {after['SK']}")
        if "sealed" not in after:
            return
        now, earlier = _token(after), _token(before) if before else (0, 0)
        self.stored_tokens.add(after["sealed"].rpartition("\x00")[2])
        if now < earlier:
            self.fail(f"the token {earlier} of {after['SK']} is overwritten with {now}")
        book = self.network.books[f"{after['channel']}/{after['account']}"]
        held = after.get("standing") == ConnectionStatus.NEEDS_OWNER.value and not was.get("standing")
        if held and not book.doubtful and book.refresh in after["settings"]["renewal"]:
            self.fail(f"{after['channel']} is held although its token could be renewed: {after}")

    def watch_accepted(self, post: Post) -> None:
        """Each time the public sees a post: it is the only one of its delivery, or asked for again by a person."""
        for asked in self.asked:
            for channel in asked.channels:
                if asked.id in post.key and post.key.endswith(f"#{channel}"):
                    self._check_count(asked, channel, len(self._posts(asked, channel)))

    def doubles(self) -> dict[str, tuple[int, int]]:
        """Channel → its deliveries, and those of them that are out more often than anybody asked for."""
        return {
            name: (
                sum(name in asked.channels for asked in self.asked),
                sum(channel == name for _, channel in self.doubled),
            )
            for name in CHANNELS
        }

    def check(self) -> None:
        """The promises, at rest."""
        if self.journal.broke:
            self.fail(f"the worker broke: {self.journal.broke[0]}")
        adopted: dict[str, str] = {}
        for asked in self.asked:
            if keys.metadata(Parent(kind=ParentKind.MESSAGE, id=asked.id)) not in self.table.items:
                if self.restored:
                    continue  # accepted by the original after the copy was taken
                self.fail(f"message {asked.id} was accepted and is lost")
            for channel in asked.channels:
                self._check_delivery(asked, channel, adopted)
        if not self.restored:
            self._check_named()

    def _check_named(self) -> None:
        """What the network named to a worker that lived on is known for ever."""
        for post, process in self.named:
            pk, _, sk = post.key.partition("/")
            item = self.table.items.get(Key(pk, sk))
            lives = process is not None and not process.dead
            if lives and item is not None and post.id not in delivery_of(item).network_ids:
                self.fail(f"{post.id} was named to a worker that lived, and {sk} does not know it")

    def _check_delivery(self, asked: Asked, channel: str, adopted: dict[str, str]) -> None:
        delivery = self._delivery(asked.id, channel)
        if delivery is None:
            self.fail(f"{asked.id} {channel} is lost")
        name = f"{asked.id[-4:]} {channel}"
        posts = self._posts(asked, channel)
        self._check_count(asked, channel, len(posts))
        if delivery.status in {Status.SCHEDULED, Status.PUBLISHING, Status.HELD}:
            self.fail(f"{name} is {delivery.status} for ever: next at {delivery.next_at}, lease {delivery.lease}")
        if delivery.status is Status.PUBLISHED:
            self._check_published(asked, delivery, posts, adopted)
        elif delivery.reason is None:
            self.fail(f"{name} is {delivery.status} without a reason")
        # What people retried in the original after the copy was taken, the copy cannot know.
        unknown = asked.said_again.get(channel) or (self.restored and channel in asked.retried)
        if delivery.status in {Status.FAILED, Status.MISSED} and posts and not unknown:
            self.fail(f"{name} is {delivery.status} but out as {posts[0].id}")
        self._check_visible(delivery, name)

    def _posts(self, asked: Asked, channel: str) -> list[Post]:
        return [post for post in self.network.posts if asked.id in post.key and post.key.endswith(f"#{channel}")]

    def _check_count(self, asked: Asked, channel: str, posts: int) -> None:
        allowed = 1 + asked.said_again.get(channel, 0)
        if posts <= allowed:
            return
        if not self.weather.beyond:
            self.fail(f"{asked.id[-4:]} {channel} is out {posts} times; allowed {allowed}")
        self.doubled.add((asked.id, channel))

    def _check_published(self, asked: Asked, delivery: Delivery, posts: list[Any], adopted: dict[str, str]) -> None:
        name = f"{asked.id[-4:]} {delivery.channel}"
        post = next((one for one in self.network.posts if one.id == delivery.network_id), None)
        if post is None:
            self.fail(f"{name} is published as {delivery.network_id}, which does not exist")
        key = "/".join(keys.delivery(delivery.parent, delivery.channel))
        check_adopted(delivery, post, self.first_claim.get(key), self.fail)
        other = adopted.setdefault(post.id, name)
        if other != name:
            self.fail(f"{post.id} belongs to {other} and to {name}")
        if not posts and REMEDIES[delivery.channel] is not ReconcileMethod.LOOK_UP:
            self.fail(f"{name} is published but not out")
        said = message_of(self.table.items[keys.metadata(delivery.parent)]).content.text
        # What went out before an edit, as its answer told too late, says so.
        told = delivery.reason is not None and "revision" in f"{delivery.reason.code} {delivery.reason.sentence}"
        if post.text not in asked.texts or (not self.restored and post.text != said and not told):
            self.fail(f"{name} says {post.text!r}, but its author {said!r}")
        if self.weather.fair and delivery.published_at is not None and delivery.due_at is not None:
            late = milliseconds(delivery.published_at - delivery.due_at)
            # A worker that waits for a moment keeps what is published now on its account from its turn.
            made = message_of(self.table.items[keys.metadata(delivery.parent)]).created_at
            behind = milliseconds(SETTINGS.lead + BEYOND_LEAD) if delivery.due_at <= made + SETTINGS.lead else 0
            if not 0 <= late <= 2_000 + behind + max(0, self.skew_ms):
                self.fail(f"{name} is {late} ms late although nothing failed")

    def _check_visible(self, delivery: Delivery, name: str) -> None:
        item = self.table.items[keys.delivery(delivery.parent, delivery.channel)]
        should = delivery_item(delivery, lambda _: 0)
        if {k: v for k, v in item.items() if k.startswith("GSI")} != {
            k: v for k, v in should.items() if k.startswith("GSI")
        }:
            self.fail(f"{name} stands wrong in an index")
        if delivery.status in WATCHED and "GSI1PK" not in item:
            self.fail(f"{name} is {delivery.status} and in no index")
        connection = connection_of(self.table.items[keys.connection(OWNER, delivery.channel)])
        if connection.standing is not ConnectionStatus.ACTIVE:
            self.fail(f"{delivery.channel} is held for ever")

    def _delivery(self, message: str, channel: str) -> Delivery | None:
        item = self.table.items.get(keys.delivery(Parent(kind=ParentKind.MESSAGE, id=message), channel))
        return delivery_of(item) if item else None

    def fail(self, what: str) -> Any:
        """Stop with the story."""
        raise BrokenPromiseError("\n".join([what, "", *self.hub.story]))


SETTINGS = Settings(data="simulated", missed_after=30 * 60)


def _token(item: Item) -> tuple[int, int]:
    """Generation and number of the token in a connection."""
    generation, _, number = item["sealed"].rpartition(" ")[2].partition(".")
    return int(generation), int(number)


def _record(number: int, pointer: Pointer) -> Any:
    return StoredRecord(sequence=number, partition_key=pointer.group, data=pointer_to_text(pointer), arrived_ms=0)
