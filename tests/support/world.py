"""A world whose clock stands still until somebody waits, and whose network does what it is told."""

import random
import re
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from omnipub.adapters.local.media import DirectoryMedia
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.adapters.local.vault import KeyfileVault
from omnipub.config import Settings
from omnipub.domain.conversation import Account, Channel, Occasion, Request, Response, Secret
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import PostIds
from omnipub.domain.timestamps import from_text, to_text
from omnipub.ports.delay import DueSoon
from omnipub.ports.http import NoAnswerError, NotSentError, UnreachableError
from omnipub.ports.stream import Pointer
from omnipub.services.messages.read import Viewer
from omnipub.wiring.assemble import System, assemble
from omnipub.wiring.world import World
from support.notifier import FakeNotifier
from support.places import FakePlace

START = datetime(2026, 11, 23, 9, 0, 0, tzinfo=UTC)
OWNER = "owner-1"


class FakeClock:
    """Time moves only when somebody waits for it or a test sets it."""

    def __init__(self, now: datetime = START) -> None:
        self.time = now

    def now(self) -> datetime:
        return self.time

    def sleep_until(self, moment: datetime) -> None:
        self.time = max(self.time, moment)

    def advance(self, **span: float) -> datetime:
        self.time += timedelta(**span)
        return self.time


class SeededChance:
    """Randomness that is the same in each run."""

    def __init__(self, seed: int = 1) -> None:
        self._random = random.Random(seed)  # noqa: S311  reproducible on purpose

    def token(self) -> str:
        return self._random.randbytes(16).hex()

    def randomness(self, count: int) -> bytes:
        return self._random.randbytes(count)

    def share(self) -> float:
        return self._random.random()


class SerialThreadPool:
    """One hand."""

    def work(self, lanes: Mapping[str, Sequence[Callable[[], None]]], slots: int) -> None:  # noqa: ARG002
        for lane in lanes.values():
            for task in lane:
                task()

    def alone(self, task: Callable[[], None]) -> None:
        task()


@dataclass
class ListStream:
    """Keeps what was put with the moment it was; loses what it is told to lose."""

    clock: FakeClock
    records: list[tuple[datetime, Pointer]] = field(default_factory=list)
    losing: bool = False

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        if self.losing:
            return pointers
        self.records += [(self.clock.now(), pointer) for pointer in pointers]
        return ()

    def take(self) -> list[Pointer]:
        taken = [pointer for _, pointer in self.records]
        self.records.clear()
        return taken


@dataclass
class ListDelay:
    """Keeps what waits for its moment until a test takes it; refuses it if told to."""

    named: list[DueSoon] = field(default_factory=list)
    refusing: bool = False

    def put(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        if self.refusing:
            return due
        self.named += due
        return ()

    def take(self, until: datetime) -> list[DueSoon]:
        """What waits for moments up to `until`, each once, in their order."""
        taken = sorted({one for one in self.named if one.at <= until}, key=lambda one: one.at)
        self.named = [one for one in self.named if one.at > until]
        return taken


@dataclass
class ListJournal:
    """Keeps what was noted."""

    notes: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, event: str, **facts: Any) -> None:
        self.notes.append((event, facts))

    def named(self, event: str) -> list[dict[str, Any]]:
        return [facts for name, facts in self.notes if name == event]


class FakeChannel(Channel):
    """A network with the simplest wire format, in each of the three kinds."""

    title = "Plain"
    own_ids = True
    limits = Limits(text=((1000, Unit.CHARACTERS),), images=0)
    post_ids = PostIds(
        network="Plain", pattern=re.compile(r"[\w-]+"), like="letters, digits, _ and -", found="The network shows it."
    )

    def __init__(self, name: str, remedy: ReconcileMethod, settle: timedelta = timedelta(seconds=10)) -> None:
        self.name = name
        self.base_url = f"https://plain.example/{name}"
        self.settle = settle
        self.pace = timedelta(seconds=1)
        self._remedy = remedy

    def remedy(self, account_id: str) -> ReconcileMethod:  # noqa: ARG002
        return self._remedy

    def text(self, content: Content) -> str:
        return content.with_hashtags()

    def render(self, content: Content, occasion: Occasion) -> Mapping[str, Any]:
        return {"text": self.text(content), "key": occasion.delivery_key}

    def text_of(self, frozen: Mapping[str, Any]) -> str:
        return str(frozen["text"])

    def links_of(self, frozen: Mapping[str, Any]) -> tuple[str, ...]:
        return tuple(frozen.get("links", ()))

    def publish(
        self,
        frozen: Mapping[str, Any],
        account: Account,
        now: Callable[[], datetime],  # noqa: ARG002
    ) -> Generator[Request, Response, Outcome]:
        answer = yield Request(
            method="POST",
            url=f"{account.base_url}/{account.id}/posts",
            headers={"Authorization": account.token},
            json=dict(frozen),
            publishes=True,
        )
        if answer.status == 200 and answer.body.get("id"):
            return Outcome(ended=TryEnd.PUBLISHED, network_id=answer.body["id"], permalink="https://plain.example/p")
        kinds = {
            400: TryEnd.REJECTED,
            401: TryEnd.AUTH,
            409: TryEnd.ALREADY_THERE,
            429: TryEnd.THROTTLED,
            426: TryEnd.THROTTLED,
        }
        wait = timedelta(seconds=answer.body["wait"]) if answer.status in {426, 429} else None
        return Outcome(
            ended=kinds.get(answer.status, TryEnd.AMBIGUOUS),
            code=str(answer.status),
            sentence="It said no.",
            wait=wait,
            of_network=answer.status == 426,
        )

    def look_up(self, account: Account, since: datetime) -> Generator[Request, Response, Sighting]:
        answer = yield Request(method="GET", url=f"{account.base_url}/{account.id}/posts", total_timeout=10)
        posts = tuple(
            FoundPost(
                network_id=one["id"],
                text=one["text"],
                created_at=from_text(one["at"]),
                links=tuple(one.get("links", "").split()),
            )
            for one in answer.body["posts"]
        )
        return Sighting(posts=posts, reaches_back_to=since)

    def delete(self, network_id: str, account: Account) -> Generator[Request, Response, Outcome]:
        yield Request(method="DELETE", url=f"{account.base_url}/{account.id}/posts/{network_id}")
        return Outcome(ended=TryEnd.PUBLISHED)


class WorkerKilledError(BaseException):
    """kill -9 in the middle of a call: nothing in the process may catch and handle it."""


@dataclass
class FakeNetwork:
    """The `Send` port over a network that keeps posts and obeys one order per publishing request.

    Orders: `ok`, `refuse_connection`, `throttle`, `reject`, `auth`, `version_over` (refused for every account),
    `no_answer` (not accepted), `lost_answer` (accepted, no answer), `error_after` (accepted, 500), `die_before`,
    `die_after` (the worker's own death).
    """

    clock: FakeClock
    orders: list[str] = field(default_factory=list)
    posts: list[dict[str, str]] = field(default_factory=list)
    hidden_for: timedelta = timedelta(0)
    wait: int = 30
    takes: timedelta = timedelta(milliseconds=100)
    tokens: list[str] = field(default_factory=list)
    looks: int = 0
    known_keys: bool = False

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:  # noqa: ARG002
        if request.method == "GET":
            return self._look(request)
        order = self.orders.pop(0) if self.orders else "ok"
        token = request.headers["Authorization"]
        self.tokens.append(token.reveal() if isinstance(token, Secret) else token)
        if order == "refuse_connection":
            raise UnreachableError("Nobody answers there.")
        if order == "unreadable":
            raise NotSentError("The request could not be put together.")
        if order == "die_before":
            raise WorkerKilledError
        self.clock.time += self.takes
        answers = {"throttle": 429, "reject": 400, "auth": 401, "version_over": 426}
        if order in answers:
            return Response(status=answers[order], body={"wait": self.wait})
        if order == "no_answer":
            raise NoAnswerError("No answer came in time.")
        posted = self._accept(request)
        if order == "die_after":
            raise WorkerKilledError
        if order == "lost_answer":
            raise NoAnswerError("No answer came in time.")
        return Response(status=500 if order == "error_after" else 200, body={"id": posted})

    def texts(self) -> list[str]:
        return [post["text"] for post in self.posts]

    def _accept(self, request: Request) -> str:
        account = request.url.split("/")[-2]
        key = request.json["key"]
        known = next((post for post in self.posts if self.known_keys and post["key"] == key), None)
        if known is not None:
            return known["id"]
        post = {
            "id": f"{account}-{len(self.posts) + 1}",
            "text": request.json["text"],
            "key": key,
            "account": account,
            "at": to_text(self.clock.now()),
        }
        self.posts.append(post)
        return post["id"]

    def _look(self, request: Request) -> Response:
        self.looks += 1
        account = request.url.split("/")[-2]
        seen = [
            post
            for post in self.posts
            if post["account"] == account and from_text(post["at"]) + self.hidden_for <= self.clock.now()
        ]
        return Response(status=200, body={"posts": seen})


CHANNELS = {
    "looked": FakeChannel("looked", ReconcileMethod.LOOK_UP),
    "keyed": FakeChannel("keyed", ReconcileMethod.RESEND),
    "blind": FakeChannel("blind", ReconcileMethod.NONE),
}


@dataclass(kw_only=True)
class TestBed:
    """A system over the fake world."""

    __test__ = False

    clock: FakeClock
    stream: ListStream
    delay: ListDelay
    network: FakeNetwork
    journal: ListJournal
    place: Any
    system: System

    def run_stream(self) -> None:
        """Let the worker take what is on the stream, until nothing is."""
        while records := self.stream.take():
            failures = self.system.batches.run(records)
            assert not failures, failures
            assert not self.journal.named("worker_broke"), self.journal.notes

    def pass_time(self, until: datetime) -> None:
        """Let ticks come each minute, the delay queue wake and the worker work, until `until`."""
        while self.clock.now() < until:
            next_tick = self.clock.now() + timedelta(minutes=1)
            self.system.dispatch.tick()
            self.run_stream()
            self.wake(min(until, next_tick))
            self.clock.sleep_until(next_tick)

    def wake(self, until: datetime) -> None:
        """Let the delay queue put what waits for moments up to `until`, a lead before each, and the worker work."""
        while soon := sorted((one for one in self.delay.named if one.at <= until), key=lambda one: one.at):
            self.clock.sleep_until(soon[0].at - self.system.settings.lead)
            self.system.wake.put(self.delay.take(soon[0].at))
            self.run_stream()

    def close(self) -> None:
        self.system.close()


def make_bed(
    path: Path,
    settings: Settings | None = None,
    *,
    table: Any = None,
    place: Any = None,
    channels: Mapping[str, Channel] | None = None,
) -> TestBed:
    """A system over `path` with one account on each fake channel, or over other channels without any account."""
    clock = FakeClock()
    stream, delay, network, journal = ListStream(clock), ListDelay(), FakeNetwork(clock), ListJournal()
    place = place or FakePlace()
    world = World(
        table=table or SqliteTable(path / "table.db"),
        stream=stream,
        delay=delay,
        vault=KeyfileVault(path / "vault.key"),
        media=DirectoryMedia(path / "media"),
        send=network,
        clock=clock,
        chance=SeededChance(),
        threads=SerialThreadPool(),
        place=place,
        journal=journal,
        notifier=FakeNotifier(),
    )
    system = assemble(settings or Settings(data=str(path)), world, channels or CHANNELS)
    for name in () if channels else CHANNELS:
        system.accounts.connect(owner=OWNER, channel=name, account=f"acc-{name}", token=Secret(f"token-{name}"))
    return TestBed(
        clock=clock, stream=stream, delay=delay, network=network, journal=journal, place=place, system=system
    )


def only(bed: TestBed, message: str) -> Delivery:
    """The one delivery of a message."""
    (found,) = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=message), Viewer(owner=OWNER)).deliveries
    return found
