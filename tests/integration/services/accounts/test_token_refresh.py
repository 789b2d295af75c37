"""Tokens that end: renewed once, under a lock, stored before they are used, and never over a re-connection."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.token_refresh import AHEAD, AHEAD_AGAIN
from omnipub.errors import UnavailableError
from omnipub.ports.http import NoAnswerError, UnreachableError
from omnipub.ports.table import Put
from omnipub.services.accounts.refresh_results import RefreshOutcome
from omnipub.services.accounts.token_refresh import LOCK_BEYOND_REQUEST
from omnipub.services.delivery import token_retry
from omnipub.services.messages.read import Viewer
from omnipub.storage import keys
from omnipub.storage.items import Connection, ConnectionStatus, connection_item
from omnipub.wiring.assemble import assemble
from support.hints import typed
from support.tokens import LASTS, RenewableChannel, TokenBook
from support.world import CHANNELS, OWNER, START, FakeNetwork, TestBed, WorkerKilledError, make_bed

LOCK = timedelta(seconds=25) + LOCK_BEYOND_REQUEST


@dataclass
class TokenNetwork(FakeNetwork):
    """Also knows its account's tokens, and obeys one order per renewal.

    Orders: `ok`, `refuse`, `throttle`, `error`, `unreachable`, `no_answer` (nothing happened), `lost_answer`
    (renewed, no answer), `die_before`, `die_after`.
    """

    book: TokenBook = field(default_factory=TokenBook)
    renewals: list[str] = field(default_factory=list)
    asked: int = 0
    meanwhile: Callable[[], object] = lambda: None
    refusal_takes: timedelta = timedelta(milliseconds=100)

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        if request.url.endswith("/token"):
            return self._renew(request)
        if "looked" not in request.url:
            return super().send(request, media)
        token = request.headers.get("Authorization")
        if isinstance(token, Secret) and not self.book.accepts(token.reveal()):
            self.tokens.append(token.reveal())
            self.clock.time += self.refusal_takes
            return Response(status=401, body={})
        return super().send(request, media)

    def _renew(self, request: Request) -> Response:
        self.asked += 1
        order = self.renewals.pop(0) if self.renewals else "ok"
        if order == "die_before":
            raise WorkerKilledError
        if order == "unreachable":
            raise UnreachableError("Nobody answers there.")
        self.clock.time += self.takes
        if order == "no_answer":
            raise NoAnswerError("No answer came in time.")
        if order in {"throttle", "error"}:
            return Response(status={"throttle": 429, "error": 500}[order], body={})
        assert request.form is not None
        refresh = request.form["refresh_token"]
        assert isinstance(refresh, Secret)
        fresh = None if order == "refuse" else self.book.renewed(refresh.reveal())
        self.meanwhile()
        if order == "die_after":
            raise WorkerKilledError
        if order == "lost_answer":
            raise NoAnswerError("No answer came in time.")
        return Response(status=200, body=fresh) if fresh else Response(status=400, body={})


@dataclass(kw_only=True)
class TokenBed(TestBed):
    """A bed with one account whose tokens can be renewed."""

    network: TokenNetwork

    def connect(self, ends_at: datetime | None = None) -> Connection:
        """Its owner connects it, anew if it was connected before."""
        tokens = self.network.book.connected()
        token = tokens.pop("token")
        return self.system.connecting.connect(
            owner=OWNER, channel="looked", account="acc-looked", token=token, credentials=tokens, ends_at=ends_at
        )

    @property
    def connection(self) -> Connection:
        found = self.system.accounts.find(OWNER, "looked")
        assert found is not None
        return found

    @property
    def token(self) -> str:
        return self.system.accounts.open(self.connection).token.reveal()

    def compose(self, text: str = "Hello") -> Parent:
        made = self.system.compose.message(owner=OWNER, content=Content(text=text), channels=["looked"])
        return Parent(kind=ParentKind.MESSAGE, id=made.id)

    def delivery(self, parent: Parent) -> Delivery:
        (delivery,) = self.system.showing.one(parent, Viewer(owner=OWNER)).deliveries
        return delivery

    def attempts(self, parent: Parent) -> list[Attempt]:
        return list(self.system.showing.one(parent, Viewer(owner=OWNER)).attempts)


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[TokenBed]:
    plain = make_bed(tmp_path)
    network = TokenNetwork(plain.clock)
    channels = {**CHANNELS, "looked": RenewableChannel("looked", ReconcileMethod.LOOK_UP)}
    system = assemble(plain.system.settings, replace(plain.system.world, send=network), channels)
    made = TokenBed(**{**vars(plain), "network": network, "system": system})
    made.connect()
    yield made
    made.close()


# -- a token that ended ---------------------------------------------------------------------------


def test_a_post_that_meets_an_ended_token_goes_out_once_with_a_new_one(bed: TokenBed) -> None:
    before = bed.network.book.access
    bed.network.book.ended = True
    message = bed.compose()
    bed.run_stream()
    assert bed.network.texts() == ["Hello"]
    assert bed.network.tokens == [before, bed.network.book.access]
    delivery, (attempt,) = bed.delivery(message), bed.attempts(message)
    assert (delivery.status, delivery.attempts, delivery.tries_used) == (Status.PUBLISHED, 1, 0)
    assert attempt.sentence == "Plain did not accept the token; a new one was fetched and accepted."
    connection = bed.connection
    assert (bed.token, connection.standing) == (bed.network.book.access, ConnectionStatus.ACTIVE)
    assert (connection.renewing_until, connection.renewal_failed) == (None, None)
    assert connection.refresh_at == START + LASTS + 2 * bed.network.takes


def test_the_next_renewal_uses_the_next_refresh_token(bed: TokenBed) -> None:
    for text in ("One", "Two", "Three"):
        bed.network.book.ended = True
        bed.compose(text)
        bed.run_stream()
    assert bed.network.texts() == ["One", "Two", "Three"]
    assert bed.network.book.number == 3


def test_a_new_token_is_stored_before_it_is_used(bed: TokenBed) -> None:
    bed.network.book.ended = True
    bed.compose()
    stored: list[str] = []
    real = bed.network._accept

    def accept(request: Request) -> str:
        stored.append(bed.token)
        return real(request)

    bed.network._accept = accept  # type: ignore[method-assign]
    bed.run_stream()
    assert stored == [bed.network.book.access]


def test_many_posts_that_meet_an_ended_token_renew_it_once(bed: TokenBed) -> None:
    bed.network.book.ended = True
    for number in range(5):
        bed.compose(f"Text {number}")
    bed.run_stream()
    assert len(bed.network.posts) == 5
    assert bed.network.asked == 1


@pytest.mark.parametrize("order", ["throttle", "error", "unreachable", "no_answer"])
def test_a_renewal_that_is_not_answered_holds_nothing_and_burns_no_try(bed: TokenBed, order: str) -> None:
    bed.network.book.ended = True
    bed.network.renewals = [order, order]
    message = bed.compose()
    bed.run_stream()
    waiting = bed.delivery(message)
    assert (waiting.status, waiting.tries_used, waiting.may_be_out) == (Status.SCHEDULED, 0, False)
    assert waiting.next_at is not None
    assert waiting.next_at >= START + timedelta(seconds=30)
    assert bed.connection.standing is ConnectionStatus.ACTIVE
    assert bed.connection.renewing_until is None
    assert list(bed.system.circuit_breakers.all()) == []
    bed.pass_time(START + timedelta(minutes=5))
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.delivery(message).tries_used == 0
    assert bed.network.texts() == ["Hello"]
    assert bed.connection.renewal_failed is None


def test_while_a_renewal_is_not_answered_posts_do_not_ask_one_after_another(bed: TokenBed) -> None:
    bed.network.book.ended = True
    bed.network.renewals = ["error"] * 20
    for number in range(5):
        bed.compose(f"Text {number}")
    bed.run_stream()
    assert bed.network.asked == 1


def test_a_renewal_that_is_refused_for_good_holds_the_account(bed: TokenBed) -> None:
    bed.network.book.ended = True
    bed.network.renewals = ["refuse"]
    message = bed.compose()
    bed.run_stream()
    assert bed.delivery(message).status is Status.HELD
    assert bed.connection.standing is ConnectionStatus.NEEDS_OWNER
    assert bed.connection.standing_reason == "Plain did not accept the token, and gives no new one. No new token."
    bed.connect()
    bed.run_stream()
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.asked == 1


def test_a_new_token_that_is_not_accepted_either_holds_the_account(bed: TokenBed) -> None:
    bed.network.orders = ["auth"]
    bed.network.book.ended = True
    message = bed.compose()
    bed.run_stream()
    assert bed.delivery(message).status is Status.HELD
    assert bed.connection.standing is ConnectionStatus.NEEDS_OWNER
    assert bed.attempts(message)[0].sentence == "Plain did not accept the token; a new one was fetched. It said no."
    assert bed.network.asked == 1


@pytest.mark.parametrize(
    ("order", "status", "ends"),
    [("reject", Status.FAILED, "rejected"), ("throttle", Status.SCHEDULED, "throttled")],
)
def test_the_second_request_ends_like_any_other(bed: TokenBed, order: str, status: Status, ends: str) -> None:
    bed.network.orders = [order]
    bed.network.book.ended = True
    message = bed.compose()
    bed.run_stream()
    assert bed.delivery(message).status is status
    assert [one.ended for one in bed.attempts(message)] == [ends]
    assert bed.token == bed.network.book.access


def test_an_answer_that_is_lost_after_a_renewal_is_found_out_like_any_other(bed: TokenBed) -> None:
    bed.network.orders = ["lost_answer"]
    bed.network.book.ended = True
    message = bed.compose()
    bed.run_stream()
    assert bed.delivery(message).may_be_out
    bed.pass_time(START + timedelta(minutes=3))
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


def test_a_look_whose_token_has_ended_renews_it_and_looks(bed: TokenBed) -> None:
    bed.network.orders = ["lost_answer"]
    message = bed.compose()
    bed.run_stream()
    bed.network.book.ended = True
    bed.pass_time(START + timedelta(minutes=3))
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.asked == 1
    assert bed.connection.standing is ConnectionStatus.ACTIVE


@pytest.mark.parametrize(
    ("order", "standing"), [("refuse", ConnectionStatus.NEEDS_OWNER), ("error", ConnectionStatus.ACTIVE)]
)
def test_a_look_whose_token_is_not_renewed_tells_nothing(bed: TokenBed, order: str, standing: ConnectionStatus) -> None:
    bed.network.orders = ["no_answer"]
    message = bed.compose()
    bed.run_stream()
    bed.network.book.ended = True
    bed.network.renewals = [order] * 3
    bed.pass_time(START + timedelta(minutes=1))
    assert bed.delivery(message).may_be_out
    assert bed.delivery(message).clean_looks == ()
    assert bed.connection.standing is standing
    bed.connect()
    bed.pass_time(START + timedelta(minutes=40))
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


# -- the lock ------------------------------------------------------------------------------------


def locked(bed: TokenBed, until: datetime) -> Connection:
    """Somebody else has the turn to renew."""
    connection = bed.connection
    taken = bed.system.connecting.token_refresh._written(connection, replace(connection, renewing_until=until))
    assert taken is not None
    return taken


def test_who_meets_a_lock_waits_for_it_and_uses_what_came_of_it(bed: TokenBed) -> None:
    taken = locked(bed, bed.clock.now() + LOCK)
    bed.network.book.ended = True
    message = bed.compose()
    sleep, slept = bed.clock.sleep_until, []

    def sleep_until(moment: datetime) -> None:
        sleep(moment)
        slept.append(moment)
        if len(slept) == 2:  # its holder is through
            fresh = bed.network.book.renewed(bed.network.book.refresh)
            assert fresh is not None
            stored = replace(taken, sealed=bed.system.accounts.seal(taken, Secret(fresh["token"])), renewing_until=None)
            assert bed.system.connecting.token_refresh._written(taken, stored)

    bed.clock.sleep_until = sleep_until  # type: ignore[method-assign]
    bed.run_stream()
    assert bed.delivery(message).status is Status.PUBLISHED
    assert (
        bed.attempts(message)[0].sentence
        == "Plain did not accept the token; there was another one by then and accepted."
    )
    assert bed.network.asked == 0


def test_a_lock_that_lasts_too_long_to_wait_for_gives_the_post_back_until_its_end(bed: TokenBed) -> None:
    taken = locked(bed, bed.clock.now() + LOCK)
    bed.network.book.ended = True
    message = bed.compose()
    bed.run_stream()
    waiting = bed.delivery(message)
    assert (waiting.status, waiting.next_at, waiting.tries_used) == (Status.SCHEDULED, taken.renewing_until, 0)
    assert bed.network.asked == 0
    bed.pass_time(START + timedelta(minutes=3))
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.asked == 1


@pytest.mark.parametrize("order", ["die_before", "die_after"])
def test_a_crash_in_a_renewal_costs_the_time_of_the_lock_and_no_second_post(bed: TokenBed, order: str) -> None:
    bed.network.book.ended = True
    bed.network.renewals = [order]
    message = bed.compose()
    with pytest.raises(WorkerKilledError):
        bed.run_stream()
    until = bed.connection.renewing_until
    assert until is not None
    assert until - bed.clock.now() <= LOCK
    bed.pass_time(START + timedelta(minutes=20))
    # A refresh token that works once is lost with the answer: that account needs its owner.
    if order == "die_after":
        assert bed.connection.standing is ConnectionStatus.NEEDS_OWNER
        bed.connect()
        bed.pass_time(bed.clock.now() + timedelta(minutes=20))
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


def test_a_lock_outlives_every_request_that_its_holder_may_begin(bed: TokenBed) -> None:
    seen: list[timedelta] = []
    bed.network.meanwhile = lambda: seen.append((bed.connection.renewing_until or START) - bed.clock.now())
    bed.network.book.ended = True
    bed.compose()
    bed.run_stream()
    assert seen[0] > bed.system.connecting.token_refresh.driver.longest


# -- others at the same time ---------------------------------------------------------------------


@pytest.mark.parametrize("order", ["ok", "refuse", "error"])
def test_a_renewal_that_loses_to_a_re_connection_is_discarded_and_the_post_goes_out(bed: TokenBed, order: str) -> None:
    bed.network.book.ended = True
    bed.network.renewals = [order]
    if order == "error":
        real = bed.network._renew

        def failing(request: Request) -> Response:
            bed.connect()
            return real(request)

        bed.network._renew = failing  # type: ignore[method-assign]
    else:
        bed.network.meanwhile = bed.connect
    message = bed.compose()
    bed.run_stream()
    assert bed.token == bed.network.book.access
    assert bed.network.book.generation == 3
    assert bed.connection.standing is ConnectionStatus.ACTIVE
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.texts() == ["Hello"]


def test_a_renewal_whose_account_is_disconnected_meanwhile_holds_the_post(bed: TokenBed) -> None:
    bed.network.book.ended = True
    bed.network.meanwhile = lambda: bed.system.connecting.disconnect(bed.connection)
    message = bed.compose()
    bed.run_stream()
    delivery = bed.delivery(message)
    assert (delivery.status, delivery.tries_used) == (Status.HELD, 0)
    assert bed.system.accounts.find(OWNER, "looked") is None


def test_a_renewal_survives_that_the_account_was_marked_meanwhile(bed: TokenBed) -> None:
    """And what was held for that mark goes on with the next tick."""
    bed.pass_time(START + timedelta(minutes=30))  # what connecting it released is through
    bed.network.book.ended = True
    message, other = bed.compose(), bed.compose("Other")
    first, second = bed.stream.take()

    def meanwhile() -> None:
        bed.system.accounts.hold(bed.connection, reason="Another worker's word.")
        assert bed.system.deliver.one(second).verdict == "held"

    bed.network.meanwhile = meanwhile
    bed.system.deliver.one(first)
    assert (bed.token, bed.connection.standing) == (bed.network.book.access, ConnectionStatus.ACTIVE)
    assert bed.delivery(message).status is Status.PUBLISHED
    bed.pass_time(START + timedelta(minutes=32))
    assert bed.delivery(other).status is Status.PUBLISHED


def test_an_account_that_is_connected_with_a_token_that_has_ended_as_well_gets_its_own_renewal(bed: TokenBed) -> None:
    bed.network.book.ended = True

    def meanwhile() -> None:
        bed.network.meanwhile = lambda: None
        bed.connect()
        bed.network.book.ended = True

    bed.network.meanwhile = meanwhile
    message = bed.compose()
    bed.run_stream()
    assert [one.ended for one in bed.attempts(message)] == ["auth", "published"]
    assert (bed.delivery(message).tries_used, bed.connection.standing) == (0, ConnectionStatus.ACTIVE)
    assert bed.token == bed.network.book.access
    assert bed.network.texts() == ["Hello"]


def test_a_holder_that_comes_late_still_stores_what_only_it_has(bed: TokenBed) -> None:
    """Its lock has ended and another has the turn, with the same credentials that the network has replaced."""
    bed.network.book.ended = True

    def meanwhile() -> None:
        bed.clock.advance(seconds=60)
        locked(bed, bed.clock.now() + LOCK)

    bed.network.meanwhile = meanwhile
    bed.compose()
    bed.run_stream()
    assert bed.token == bed.network.book.access
    assert bed.connection.renewing_until is None


@pytest.mark.parametrize("happened", [True, False])
@pytest.mark.parametrize("which", [1, 2], ids=["lock", "token"])
def test_a_write_whose_answer_is_lost_is_known_as_ones_own(bed: TokenBed, which: int, *, happened: bool) -> None:
    bed.network.book.ended = True
    message = bed.compose()
    world = bed.system.world
    real, written = world.table.put, []

    def put(item: dict[str, Any], condition: Any = None) -> None:
        if item["SK"] != keys.connection(OWNER, "looked").sk:
            return real(item, condition)
        written.append(item)
        if len(written) != which:
            return real(item, condition)
        if happened:
            real(item, condition)
        raise UnavailableError("The answer was lost.")

    world.table.put = put  # type: ignore[method-assign]
    bed.run_stream()
    assert bed.delivery(message).status is Status.PUBLISHED
    assert (bed.network.asked, bed.token) == (1, bed.network.book.access)
    assert len(written) == 3


def test_a_new_token_that_is_there_is_known_as_ones_own_whoever_wrote_since(bed: TokenBed) -> None:
    """The answer of its write was lost, and another worker marked the account before it could ask."""
    bed.network.book.ended = True
    message = bed.compose()
    world = bed.system.world
    real, written = world.table.put, []

    def put(item: dict[str, Any], condition: Any = None) -> None:
        real(item, condition)
        if item["SK"] == keys.connection(OWNER, "looked").sk:
            written.append(item)
            if len(written) == 2:
                marked = replace(bed.connection, write_id="another", version=bed.connection.version + 1)
                real(connection_item(marked, lambda _: 0))
                raise UnavailableError("The answer was lost.")

    world.table.put = put  # type: ignore[method-assign]
    bed.run_stream()
    assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.attempts(message)[0].sentence.endswith("a new one was fetched and accepted.")
    assert (bed.network.asked, bed.token) == (1, bed.network.book.access)


def test_a_holder_that_stalled_begins_no_request_that_could_outlive_its_lock(bed: TokenBed) -> None:
    world = bed.system.world
    real = world.table.put

    def put(item: dict[str, Any], condition: Any = None) -> None:
        real(item, condition)
        if item.get("renewing_until"):
            bed.clock.time += LOCK - timedelta(seconds=14)  # less than the request's ten and the clocks' five

    world.table.put = put  # type: ignore[method-assign]
    assert bed.system.connecting.refresh(bed.connection).verdict.value == "unreachable"
    assert bed.network.asked == 0


def test_storage_that_stays_away_leaves_no_claim_behind(bed: TokenBed) -> None:
    bed.network.book.ended = True
    message = bed.compose()
    world = bed.system.world
    real = world.table.put

    def put(item: dict[str, Any], condition: Any = None) -> None:
        if item["SK"] == keys.connection(OWNER, "looked").sk:
            raise UnavailableError("Throttled.")
        real(item, condition)

    world.table.put = put  # type: ignore[method-assign]
    bed.run_stream()
    waiting = bed.delivery(message)
    assert (waiting.status, waiting.lease, waiting.tries_used) == (Status.SCHEDULED, None, 0)
    assert bed.network.asked == 0


def test_a_mistake_of_ours_in_a_renewal_leaves_no_claim_behind_and_tells_no_secret(bed: TokenBed) -> None:
    bed.network.book.ended = True

    def broken(*_: object) -> str:
        raise RuntimeError(bed.network.book.access)

    object.__setattr__(bed.system.accounts, "seal", broken)
    message = bed.compose()
    bed.system.batches.run(bed.stream.take())
    waiting = bed.delivery(message)
    assert (waiting.status, waiting.lease, waiting.tries_used) == (Status.SCHEDULED, None, 0)
    assert bed.journal.named("worker_broke") == [{"channel": "looked", "error": "RuntimeError"}]


def test_an_owner_who_connects_anew_wins_over_a_lock_that_was_taken_in_between(bed: TokenBed) -> None:
    world = bed.system.world
    real, raced = world.table.transact, []

    def transact(writes: Any) -> None:
        if not raced and isinstance(writes[0], Put) and writes[0].item.get("account") == "acc-looked":
            raced.append(True)
            locked(bed, bed.clock.now() + LOCK)
        real(writes)

    world.table.transact = transact  # type: ignore[method-assign]
    bed.connect()
    assert raced
    assert (bed.token, bed.connection.renewing_until) == (bed.network.book.access, None)


# -- within the claim's time ----------------------------------------------------------------------


def test_a_refusal_that_came_late_gives_the_post_back_and_renews_at_the_end_of_the_batch(bed: TokenBed) -> None:
    bed.network.book.ended = True
    bed.network.refusal_takes = timedelta(seconds=6)
    message = bed.compose()
    bed.run_stream()
    waiting = bed.delivery(message)
    assert (waiting.status, waiting.tries_used, waiting.may_be_out) == (Status.SCHEDULED, 0, False)
    assert waiting.next_at is not None
    assert waiting.next_at - bed.clock.now() <= token_retry.LATER
    assert bed.token == bed.network.book.access
    bed.pass_time(START + timedelta(minutes=2))
    assert bed.network.texts() == ["Hello"]


def test_a_renewal_that_took_long_gives_the_post_back_at_once(bed: TokenBed) -> None:
    bed.network.book.ended = True
    bed.network.meanwhile = lambda: bed.clock.advance(seconds=8)
    message = bed.compose()
    bed.run_stream()
    assert [one.ended for one in bed.attempts(message)] == ["auth", "published"]
    assert bed.delivery(message).tries_used == 0
    assert bed.network.texts() == ["Hello"]


def steps(bed: TestBed, *statuses: int) -> Outcome:
    """A post of several parts, the last of which is refused for the token."""

    def parts() -> Any:
        for _ in statuses:
            yield Request(method="POST", url="https://plain.example", publishes=True)
        return Outcome(ended=TryEnd.AUTH)

    class Answers:
        def send(self, request: Request, media: Any) -> Response:
            del request, media
            return Response(status=left.pop(0))

    left = list(statuses)
    driver = replace(bed.system.deliver.driver, send=Answers())
    return driver.publish(parts(), lease_until=bed.clock.now() + timedelta(minutes=5), secrets=(), ids=None)


@pytest.mark.parametrize(
    ("statuses", "ended"),
    [((401,), TryEnd.AUTH), ((401, 401), TryEnd.AUTH), ((200, 401), TryEnd.AMBIGUOUS), ((500, 401), TryEnd.AMBIGUOUS)],
)
def test_a_part_that_may_be_out_is_not_sent_again_with_a_new_token(
    bed: TestBed, statuses: tuple[int, ...], ended: TryEnd
) -> None:
    assert steps(bed, *statuses).ended is ended


# -- ahead of time -------------------------------------------------------------------------------


def test_a_token_that_ends_soon_is_renewed_after_the_post_is_out(bed: TokenBed) -> None:
    bed.connect(ends_at=START + AHEAD)
    before = bed.network.book.access
    order: list[str] = []
    bed.network.meanwhile = lambda: order.extend(bed.network.texts())
    bed.compose()
    bed.run_stream()
    assert order == ["Hello"]
    assert bed.network.tokens == [before]
    assert bed.token == bed.network.book.access != before
    assert bed.connection.refresh_at is not None
    assert bed.connection.refresh_at >= START + LASTS


def test_a_renewal_that_was_noticed_is_left_to_a_run_of_its_own_account(bed: TokenBed) -> None:
    bed.connect(ends_at=START + AHEAD)
    bed.system.batches.token_refresh.notice(bed.connection)
    bed.system.compose.message(owner=OWNER, content=Content(text="To another"), channels=["keyed"])
    bed.run_stream()
    assert (bed.network.texts(), bed.network.asked) == (["To another"], 0)
    bed.compose()
    bed.run_stream()
    assert bed.network.asked == 1


def test_a_token_that_lasts_is_let_be(bed: TokenBed) -> None:
    bed.connect(ends_at=START + AHEAD + timedelta(minutes=1))
    bed.compose()
    bed.run_stream()
    assert bed.network.asked == 0


@pytest.mark.parametrize("order", ["error", "no_answer", "unreachable"])
def test_a_renewal_ahead_of_time_that_fails_is_noted_and_makes_no_post_late(bed: TokenBed, order: str) -> None:
    bed.connect(ends_at=START + AHEAD)
    bed.network.renewals = [order] * 9
    for minutes in range(0, 60, 10):
        bed.clock.time = START + timedelta(minutes=minutes)
        message = bed.compose(f"Text {minutes}")
        bed.run_stream()
        delivery = bed.delivery(message)
        assert delivery.published_at is not None
        assert delivery.due_at is not None
        assert delivery.published_at - delivery.due_at == bed.network.takes
    assert bed.network.asked == 1
    assert bed.connection.renewal_failed is not None
    bed.clock.time = START + AHEAD_AGAIN + timedelta(minutes=1)
    bed.compose()
    bed.run_stream()
    assert bed.network.asked == 2
    assert bed.connection.standing is ConnectionStatus.ACTIVE


def test_a_renewal_ahead_of_time_that_is_refused_is_not_asked_for_again(bed: TokenBed) -> None:
    bed.connect(ends_at=START + AHEAD)
    bed.network.renewals = ["refuse"] * 9
    for hours in range(3):
        bed.clock.time = START + timedelta(hours=2 * hours)
        message = bed.compose(f"Text {hours}")
        bed.run_stream()
        assert bed.delivery(message).status is Status.PUBLISHED
    assert bed.network.asked == 1
    bed.network.renewals = []
    assert bed.system.connecting.refresh(bed.connection).renewed
    assert bed.token == bed.network.book.access


# -- what is said --------------------------------------------------------------------------------


def test_what_happens_to_a_token_is_noted_without_any_secret(bed: TokenBed) -> None:
    bed.network.book.ended = True
    bed.network.renewals = ["error"]
    bed.compose()
    bed.run_stream()
    bed.pass_time(START + timedelta(minutes=3))
    (failed,) = bed.journal.named("renewal_failed")
    assert failed == {"channel": "looked", "code": "500", "for_good": False}
    (renewed,) = bed.journal.named("token_renewed")
    assert renewed["channel"] == "looked"
    assert "access" not in repr(bed.journal.notes)
    assert "refresh" not in repr(bed.journal.notes)
    item = bed.system.world.table.get(keys.connection(OWNER, "looked"))
    assert "access" not in repr(item)
    assert "refresh 2" not in repr(item)


def test_doctor_says_of_a_token_that_ends_what_omnipub_does_and_what_a_person_can(bed: TokenBed) -> None:
    def tokens() -> tuple[str, str, str]:
        (finding,) = bed.system.checkup.hindrances.tokens()
        return finding.health.value, finding.what, typed(finding.next, OWNER)

    bed.connect(ends_at=START + AHEAD)
    by_itself = "The token of looked (owner-1) ends soon; omnipub renews it by itself with the account's next post."
    assert tokens() == ("ok", by_itself, "")
    bed.network.renewals = ["error", "refuse"]
    bed.compose("One")
    bed.run_stream()
    failed = (
        "The token of looked (owner-1) ends soon. It could not be renewed: No new token. It is tried again by itself."
    )
    assert tokens() == ("warn", failed, "connections refresh looked")
    bed.clock.advance(hours=2)
    bed.compose("Two")
    bed.run_stream()
    refused = "The token of looked (owner-1) ends soon. It could not be renewed: No new token."
    assert tokens() == ("bad", refused, "connections connect looked --account acc-looked")


@pytest.mark.parametrize(("order", "verdict"), [("ok", "ok"), ("refuse", "expired"), ("error", "unreachable")])
def test_a_refresh_by_hand_takes_the_same_turn(bed: TokenBed, order: str, verdict: str) -> None:
    bed.network.renewals = [order]
    turns: list[datetime | None] = []
    real = bed.network._renew

    def token_refresh(request: Request) -> Response:
        turns.append(bed.connection.renewing_until)
        return real(request)

    bed.network._renew = token_refresh  # type: ignore[method-assign]
    tried = bed.system.connecting.refresh(bed.connection)
    assert tried.verdict.value == verdict
    assert turns
    assert all(turns)
    assert bed.connection.renewing_until is None


def test_a_refresh_by_hand_says_that_a_worker_is_at_it(bed: TokenBed) -> None:
    locked(bed, bed.clock.now() + timedelta(minutes=10))
    tried = bed.system.connecting.refresh(bed.connection)
    assert (tried.verdict.value, tried.sentence) == ("unreachable", "Somebody else is getting one.")
    assert bed.network.asked == 0


def test_nothing_is_asked_for_an_account_whose_tokens_cannot_be_renewed(bed: TokenBed) -> None:
    bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("by-hand"))
    message = bed.compose()
    bed.run_stream()
    assert bed.delivery(message).status is Status.HELD
    done = bed.system.connecting.token_refresh.renew(bed.connection, until=START + timedelta(minutes=1))
    assert (done.came, bed.network.asked) == (RefreshOutcome.REFUSED, 0)
