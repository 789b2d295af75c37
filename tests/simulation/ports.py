"""Every port over the simulated world, with everything that can go wrong with it."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.message import MediaReference
from omnipub.domain.sealing import Purpose, encoded
from omnipub.domain.timestamps import moment, to_text
from omnipub.errors import NotFoundError, UnavailableError
from omnipub.names import VERSION
from omnipub.ports.delay import DueSoon
from omnipub.ports.http import NoAnswerError, UnreachableError
from omnipub.ports.stream import Pointer
from omnipub.ports.table import Absent, Condition, ConditionFailedError, Delete, Item, Key, Page, Put, Query, Write
from omnipub.storage.items import key_of
from omnipub.storage.schema import INDEXES, PARTITION, SORT
from simulation.channel import PERMALINK, PREPARE
from simulation.hub import Hub
from support.tokens import TokenBook


@dataclass
class Faults:
    """How often what goes wrong; all zero is fair weather.

    Attributes:
        delay_lost: How often the delay queue loses what it took; likewise what it refuses, and says so, or doubles.
        delay_late_ms: How much later than it should the delay queue may wake.
        clock_off_ms: How far a machine's clock may be off from its start.
        clock_jumps: How often a reading finds that the clock was set anew, by up to `clock_jump_ms`.
        stall_at_the_socket: How often a machine freezes between the last check and the first byte.
        beyond_settle: So many settle times late a network may accept or list, at most; 0 keeps its promise.
    """

    storage_refuses: float = 0.0
    storage_answer_lost: float = 0.0
    index_lag_ms: int = 0
    stream_lost: float = 0.0
    stream_doubled: float = 0.0
    stream_delay_ms: int = 200
    delay_lost: float = 0.0
    delay_refused: float = 0.0
    delay_doubled: float = 0.0
    delay_late_ms: int = 0
    clock_off_ms: int = 0
    clock_jumps: float = 0.0
    clock_jump_ms: int = 0
    key_silent: float = 0.0
    stall_at_the_socket: float = 0.0
    beyond_settle: int = 0
    stall: float = 0.0
    network: dict[str, float] = field(default_factory=dict)


class SimClock:
    """A machine's clock: true time, and a little off."""

    def __init__(self, hub: Hub, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults
        self.off = 0

    def now(self) -> datetime:
        chance, most = self._hub.chance, self._faults.clock_jump_ms
        if self._faults.clock_jumps and chance.random() < self._faults.clock_jumps:
            self.off = chance.randint(-most, most)
            self._hub.tell(f"the clock is set: {self.off} ms off")
        return moment(self._hub.now() + timedelta(milliseconds=self.off))

    def sleep_until(self, moment: datetime) -> None:
        while (left := (moment - self.now()) // timedelta(milliseconds=1)) > 0:
            self._hub.wait(left)


class SimChance:
    """Randomness from the seed."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub

    def token(self) -> str:
        return self._hub.chance.randbytes(16).hex()

    def randomness(self, count: int) -> bytes:
        return self._hub.chance.randbytes(count)

    def share(self) -> float:
        return self._hub.chance.random()


class SimTable:
    """The table: strongly consistent by key, its indexes lagging, its answers sometimes lost."""

    def __init__(self, hub: Hub, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults
        self.items: dict[Key, Item] = {}
        self._index: dict[Key, Item] = {}
        self._coming: list[tuple[int, Key, Item | None]] = []
        self.written: Callable[[Item | None, Item | None], None] = lambda _before, _after: None

    def get(self, key: Key) -> Item | None:
        self._call()
        found = self.items.get(key)
        return dict(found) if found else None

    def put(self, item: Item, condition: Condition | None = None) -> None:
        self.transact([Put(item=item, condition=condition)])

    def transact(self, writes: Sequence[Write]) -> None:
        keys = [key_of(write.item) if isinstance(write, Put) else write.key for write in writes]
        if not 0 < len(writes) <= 100:
            raise ValueError("a transaction has 1 to 100 writes")
        if len(set(keys)) < len(keys):
            raise ValueError("a transaction writes each item once")
        self._call()
        failed = [
            number
            for number, (key, write) in enumerate(zip(keys, writes, strict=True))
            if write.condition is not None and not self._holds(key, write.condition)
        ]
        if failed:
            raise ConditionFailedError(failed)
        for key, write in zip(keys, writes, strict=True):
            if isinstance(write, Put):
                self._write(key, dict(write.item))
            elif isinstance(write, Delete):
                self._write(key, None)
        self._after()

    def query(self, query: Query) -> Page:
        self._call()
        self._catch_up()
        index = INDEXES[query.index] if query.index else None
        partition, sort = (index.partition, index.sort) if index else (PARTITION, SORT)
        found = [
            one for one in (self._index if index else self.items).values() if one.get(partition) == query.partition
        ]
        if query.prefix is not None:
            found = [one for one in found if one[sort].startswith(query.prefix)]
        if query.at_least is not None:
            found = [one for one in found if one[sort] >= query.at_least]
        if query.below is not None:
            found = [one for one in found if one[sort] < query.below]

        def order(one: Item) -> tuple[str, str, str]:
            return one[sort], one[PARTITION], one[SORT]

        found.sort(key=order, reverse=query.newest_first)
        if query.after is not None:
            after = tuple(query.after.split("\x00"))
            found = [one for one in found if (order(one) < after if query.newest_first else order(one) > after)]
        shown = found[: query.limit]
        cursor = "\x00".join(order(shown[-1])) if len(found) > query.limit else None
        if index is not None:
            visible = {PARTITION, SORT, index.partition, index.sort, *index.projected}
            shown = [{name: value for name, value in one.items() if name in visible} for one in shown]
        return Page(items=tuple(map(dict, shown)), cursor=cursor)

    def batch_get(self, keys: Sequence[Key]) -> Mapping[Key, Item]:
        self._call()
        return {key: dict(self.items[key]) for key in keys if key in self.items}

    def copy_from(self, items: Mapping[Key, Item]) -> None:
        """The state of an older copy."""
        self.items = {key: dict(item) for key, item in items.items()}
        self._index = dict(self.items)
        self._coming.clear()

    def _holds(self, key: Key, condition: Condition) -> bool:
        there = self.items.get(key)
        if isinstance(condition, Absent):
            return there is None
        return there is not None and there.get(VERSION) == condition.version

    def _write(self, key: Key, item: Item | None) -> None:
        self.written(self.items.get(key), item)
        if item is None:
            self.items.pop(key, None)
        else:
            self.items[key] = item
        lag = self._hub.chance.randint(0, self._faults.index_lag_ms) if self._faults.index_lag_ms else 0
        last = max((at for at, known, _ in self._coming if known == key), default=0)
        self._coming.append((max(self._hub.time + lag, last), key, item))

    def _catch_up(self) -> None:
        still = []
        for at, key, item in self._coming:
            if at > self._hub.time:
                still.append((at, key, item))
            elif item is None:
                self._index.pop(key, None)
            else:
                self._index[key] = item
        self._coming = still

    def _call(self) -> None:
        self._hub.give_way(1, 12)
        self._stall()
        if self._hub.chance.random() < self._faults.storage_refuses:
            self._hub.tell("storage refuses")
            raise UnavailableError("Throttled.")

    def _stall(self) -> None:
        """Frozen like a machine that is taken away and given back, at any call but a send."""
        if self._faults.stall and self._hub.chance.random() < self._faults.stall:
            self._hub.tell("stalls")
            self._hub.wait(self._hub.chance.randint(30_000, 300_000))

    def _after(self) -> None:
        """The write has happened; its answer is on the way."""
        lost = self._hub.chance.random() < self._faults.storage_answer_lost
        self._hub.give_way(0, 4)
        self._stall()
        if lost:
            self._hub.tell("the answer of a write is lost")
            raise UnavailableError("The answer was lost.")


class SimStream:
    """Keeps records for the trigger; loses, doubles and delays some."""

    def __init__(self, hub: Hub, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults
        self.records: list[tuple[int, Pointer]] = []
        self.silent_until = 0
        self.arrives: Callable[[int], None] = lambda _at: None

    def put(self, pointers: Sequence[Pointer]) -> Sequence[Pointer]:
        self._hub.give_way(1, 20)
        if self._hub.time < self.silent_until:
            self._hub.tell("the stream takes nothing")
            return pointers
        lost = []
        for pointer in pointers:
            if self._hub.chance.random() < self._faults.stream_lost:
                if self._hub.chance.random() < 0.5:
                    lost.append(pointer)  # the stream says so; otherwise nobody does
                self._hub.tell(f"the stream loses {pointer.pk[-4:]}/{pointer.sk}")
                continue
            for _ in range(2 if self._hub.chance.random() < self._faults.stream_doubled else 1):
                delay = self._hub.chance.randint(20, max(21, self._faults.stream_delay_ms))
                at = self._hub.time + delay
                self.records.append((at, pointer))
                self.arrives(at)
        return lost


class SimDelay:
    """Wakes whole seconds before the lead before a moment, as SQS does; loses, refuses, doubles, is late."""

    def __init__(self, hub: Hub, faults: Faults, lead: timedelta) -> None:
        self._hub = hub
        self._faults = faults
        self._lead = lead
        self.woken: Callable[[list[DueSoon], int], None] = lambda _due, _after: None

    def put(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        self._hub.give_way(1, 20)
        chance, faults = self._hub.chance, self._faults
        refused = []
        for one in due:
            if chance.random() < faults.delay_refused:
                refused.append(one)
                continue
            if chance.random() < faults.delay_lost:
                self._hub.tell(f"the delay queue loses {one.pointer.pk[-4:]}/{one.pointer.sk}")
                continue
            # Whoever puts reckons by its own clock; that the queue's agrees with the true time is its promise.
            whole = max(0, (one.at - self._lead - self._hub.now()) // timedelta(seconds=1))
            for _ in range(2 if chance.random() < faults.delay_doubled else 1):
                late = chance.randint(0, faults.delay_late_ms) if faults.delay_late_ms else 0
                self.woken([one], whole * 1000 + late + chance.randint(5, 120))
        return refused


class SimVault:
    """Seals nothing: the vault's own promises are its contract tests'. Its key may be silent."""

    def __init__(self, hub: Hub, faults: Faults) -> None:
        self._hub = hub
        self._faults = faults

    def seal(self, secret: Secret, purpose: Purpose) -> str:
        return f"{encoded(purpose)}\x00{secret.reveal()}"

    def open(self, sealed: str, purpose: Purpose) -> Secret:
        if self._faults.key_silent and self._hub.chance.random() < self._faults.key_silent:
            self._hub.tell("the key that seals tokens does not answer")
            raise UnavailableError("The key does not answer.")
        return Secret(sealed.removeprefix(f"{encoded(purpose)}\x00"))


class SimMedia:
    """Has no images."""

    def keep(self, data: bytes) -> MediaReference:
        raise NotFoundError(str(len(data)))

    def describe(self, key: str) -> MediaReference:
        raise NotFoundError(key)

    def bytes_of(self, key: str) -> bytes:
        raise NotFoundError(key)


class SimCrew:
    """One hand per worker: side by side are the workers, and they interleave at every port."""

    def work(self, lanes: Mapping[str, Sequence[Callable[[], None]]], slots: int) -> None:  # noqa: ARG002
        for lane in lanes.values():
            for task in lane:
                task()

    def alone(self, task: Callable[[], None]) -> None:
        task()


class SimJournal:
    """Adds what is noted to the story."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.broke: list[str] = []

    def note(self, event: str, **facts: Any) -> None:
        if event == "worker_broke":
            self.broke.append(str(facts))
        if event not in {"tick", "record_done"} or facts.get("due"):
            told = ", ".join(f"{name}={str(value)[-40:]}" for name, value in facts.items() if value is not None)
            self._hub.tell(f"{event}: {told}")


@dataclass
class Post:
    """What the public can see."""

    id: str
    account: str
    key: str
    text: str
    at: int
    listed_at: int


class SimNetwork:
    """Networks of every kind behind one `Send`: accepts, refuses, hangs, forgets to answer, lists late."""

    def __init__(self, hub: Hub, faults: Faults, settle_ms: Mapping[str, int]) -> None:
        self._hub = hub
        self._faults = faults
        self._settle = settle_ms
        self.posts: list[Post] = []
        self.dead_tokens: set[str] = set()
        self.books: dict[str, TokenBook] = {}
        self.token_refresh: dict[str, list[str]] = defaultdict(list)
        self.broken_rule: Callable[[str], None] = lambda _: None
        self.renewal_begins: Callable[[str], None] = lambda _: None
        self.down_until: dict[str, int] = {}
        self.accepted: Callable[[Post], None] = lambda _: None
        self.named: Callable[[Post], None] = lambda _: None
        self.tells_time = False

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:  # noqa: ARG002
        self._hub.give_way(1, 10)
        network, account = request.url.split("/")[-3:-1]
        if self._hub.time < self.down_until.get(network, 0) or self._strikes("refuse"):
            raise UnreachableError("Nobody answers there.")
        if request.url.endswith("/token"):
            return self._renew(request, f"{network}/{account}")
        if request.url.endswith(PREPARE):
            return self._prepare()
        if request.url.endswith(PERMALINK):
            return self._permalink(request)
        if request.method == "GET":
            return self._look(account) if self._accepts(request, network, account) else Response(status=401, body={})
        return self._publish(request, network, account)

    def _publish(self, request: Request, network: str, account: str) -> Response:
        limit = int(request.total_timeout * 1000)
        began = self._hub.time
        key, text = request.json["key"], request.json["text"]
        self._stall_at_the_socket()
        if f"{network}/{account}" in self.dead_tokens or not self._accepts(request, network, account):
            self._pass(20, 200)
            return Response(status=401, body={})
        for fault, status in (("throttle", 429), ("reject", 400)):
            if self._strikes(fault):
                self._pass(20, 200)
                return Response(status=status, body={"wait": self._hub.chance.randint(1, 120)})
        if self._strikes("silence"):
            self._hub.wait(limit)
            raise NoAnswerError("No answer came in time.")
        if self._strikes("error_before"):
            self._pass(20, 400)
            return Response(status=500, body={})
        if self._strikes("accept_late"):
            # The client leaves at its time-out; the network accepts a little later, within its settle time.
            self._hub.wait(limit)
            late = self._hub.chance.randint(0, self._lag(network))
            self._hub.start("network", lambda: self._accept(network, account, key, text), after=late, mortal=False)
            raise NoAnswerError("No answer came in time.")
        self._pass(20, 400)
        post = self._accept(network, account, key, text)
        if self._strikes("lost_answer"):
            self._hub.wait(max(0, limit - (self._hub.time - began)))
            raise NoAnswerError("No answer came in time.")
        if self._strikes("reset_after"):
            raise NoAnswerError("The connection was reset.")
        self._pass(1, 100)
        return self._answered(post)

    def _answered(self, post: Post) -> Response:
        if self._strikes("frozen_after"):
            self._hub.tell("freezes before it reads the answer")
            self._hub.wait(self._hub.chance.randint(30_000, 400_000))
        if self._strikes("error_after"):
            return Response(status=500, body={})
        self.named(post)
        return Response(status=200, body={"id": post.id})

    def _prepare(self) -> Response:
        if self._strikes("prepare_slow"):
            self._pass(1_000, 20_000)
        return Response(status=200, body={})

    def _stall_at_the_socket(self) -> None:
        if self._hub.chance.random() < self._faults.stall_at_the_socket:
            self._hub.tell("stalls at the socket")
            self._hub.wait(self._hub.chance.randint(30_000, 300_000))

    def _permalink(self, request: Request) -> Response:
        if self._strikes("permalink_silence"):
            self._hub.wait(int(request.total_timeout * 1000))
            raise NoAnswerError("No answer came in time.")
        self._pass(5, 60)
        return Response(status=500 if self._strikes("permalink_error") else 200, body={})

    def _accepts(self, request: Request, network: str, account: str) -> bool:
        book, token = self.books.get(f"{network}/{account}"), request.headers.get("Authorization")
        return book is None or (isinstance(token, Secret) and book.accepts(token.reveal()))

    def _renew(self, request: Request, account: str) -> Response:
        given = (request.form or {})["refresh_token"]
        refresh = given.reveal() if isinstance(given, Secret) else given
        if refresh in self.token_refresh[account]:
            self.broken_rule(f"two renewals of the token of {account} at once")
        self.token_refresh[account].append(refresh)
        self.renewal_begins(account)
        try:
            return self._renewed(request, self.books[account], refresh)
        finally:
            self.token_refresh[account].remove(refresh)

    def _renewed(self, request: Request, book: TokenBook, refresh: str) -> Response:
        limit = int(request.total_timeout * 1000)
        if self._strikes("renewal_silence"):
            self._hub.wait(limit)
            raise NoAnswerError("No answer came in time.")
        self._pass(20, 400)
        for fault, status in (("renewal_throttle", 429), ("renewal_error", 500), ("renewal_refusal", 400)):
            if self._strikes(fault):
                book.doubtful = book.doubtful or status == 400
                return Response(status=status, body={})
        fresh = book.renewed(refresh)
        book.given_at = self._hub.time if fresh else book.given_at
        self._hub.tell(f"NETWORK renews: {book.access}" if fresh else "NETWORK refuses a refresh token")
        if fresh and self._strikes("renewal_lost"):
            raise NoAnswerError("The connection was reset.")
        self._pass(1, 100)
        return Response(status=200, body=fresh) if fresh else Response(status=400, body={})

    def _accept(self, network: str, account: str, key: str, text: str) -> Post:
        known = next((post for post in self.posts if post.key == key and network == "keyed"), None)
        if known is not None:
            self._hub.tell(f"NETWORK knows {key[-30:]} already")
            return known
        lag = self._hub.chance.randint(0, self._lag(network) - 1) if self._strikes("listed_late") else 0
        post = Post(
            id=f"{network}-{len(self.posts) + 1}",
            account=account,
            key=key,
            text=text,
            at=self._hub.time,
            listed_at=self._hub.time + lag,
        )
        self.posts.append(post)
        self.accepted(post)
        self._hub.tell(f"NETWORK accepts {key[-30:]} as {post.id}: {text!r}")
        return post

    def _lag(self, network: str) -> int:
        """How late this network may accept, and list: together within its settle time, unless it is beyond that."""
        return self._settle[network] * self._faults.beyond_settle or self._settle[network] // 2

    def _look(self, account: str) -> Response:
        self._pass(20, 300)
        seen = [post for post in self.posts if post.account == account and post.listed_at <= self._hub.time]
        listed = [{"id": post.id, "text": post.text, "at": to_text(from_epoch(self._hub, post.at))} for post in seen]
        date = {"date": format_datetime(self._hub.now(), usegmt=True)} if self.tells_time else {}
        return Response(status=200, headers=date, body={"posts": listed})

    def _pass(self, least: int, most: int) -> None:
        self._hub.wait(self._hub.chance.randint(least, most))

    def _strikes(self, fault: str) -> bool:
        return self._hub.chance.random() < self._faults.network.get(fault, 0.0)


def from_epoch(hub: Hub, milliseconds: int) -> datetime:
    """The moment so many milliseconds after the beginning."""
    return hub.now() + timedelta(milliseconds=milliseconds - hub.time)
