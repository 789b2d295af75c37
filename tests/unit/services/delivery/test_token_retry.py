"""How a try goes on whose token was refused: what renewing it came to, and how much time is left."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, Lease
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.ids import Parent, ParentKind
from omnipub.services.accounts.refresh_results import RefreshOutcome, RefreshResult
from omnipub.services.delivery.token_retry import LATER, TokenRetry
from omnipub.storage.items import Connection
from support.world import CHANNELS, START, FakeClock

PATIENCE, LONGEST = timedelta(seconds=30), timedelta(seconds=20)
TICK = timedelta(milliseconds=1)
LAST_MOMENT = START + PATIENCE - LONGEST
NOTHING = timedelta(0)
OLD = Connection(owner="ada", channel="looked", account="1", title="Page", sealed="old", created_at=START)
NEW = replace(OLD, sealed="new")
REFUSED = Outcome(ended=TryEnd.AUTH, code="401", sentence="It said no.")
OUT = Outcome(ended=TryEnd.PUBLISHED, network_id="1")
CLAIM = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="1"),
    channel="looked",
    account="1",
    owner="ada",
    status=Status.PUBLISHING,
    due_at=START,
    next_at=START,
    lease=Lease(claim_id="c", attempt=1, started_at=START, until=START, sends=True),
)


@dataclass
class Renewing:
    """Comes to what it is told, in its time; notes what it was asked."""

    came: RefreshOutcome
    clock: FakeClock
    takes: timedelta = NOTHING
    again_at: datetime | None = None
    able: bool = True
    longest: timedelta = LONGEST
    asked: list[datetime] = field(default_factory=list)
    noticed: list[tuple[Connection, bool]] = field(default_factory=list)

    @property
    def driver(self) -> Any:
        return self

    def can(self, connection: Connection) -> bool:
        assert connection == NEW
        return self.able

    def notice(self, connection: Connection, *, at_once: bool = False) -> None:
        self.noticed.append((connection, at_once))

    def renew(self, connection: Connection, *, until: datetime) -> RefreshResult:
        assert connection == OLD
        self.asked.append(until)
        self.clock.time += self.takes
        return RefreshResult(came=self.came, connection=NEW, sentence="So it is.", again_at=self.again_at)


def after(renewing: Renewing, *, second: Outcome = OUT) -> tuple[Outcome, Connection, list[Connection]]:
    tried: list[Connection] = []

    def again(connection: Connection) -> Outcome:
        tried.append(connection)
        return second

    refresh: Any = renewing
    retry = TokenRetry(token_refresh=refresh, clock=renewing.clock, patience=PATIENCE)
    return (*retry.after(REFUSED, CLAIM, OLD, CHANNELS["looked"], again), tried)


def renewing(came: RefreshOutcome, at: datetime = START, **changes: Any) -> Renewing:
    return Renewing(came=came, clock=FakeClock(at), **changes)


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (RefreshOutcome.RENEWED, "Plain did not accept the token; a new one was fetched and accepted."),
        (RefreshOutcome.CHANGED, "Plain did not accept the token; there was another one by then and accepted."),
    ],
)
def test_with_another_token_it_is_tried_once_more(came: RefreshOutcome, said: str) -> None:
    one = renewing(came)
    outcome, connection, tried = after(one)
    assert outcome == replace(OUT, sentence=said)
    assert (connection, tried, one.asked, one.noticed) == (NEW, [NEW], [START + PATIENCE], [])


@pytest.mark.parametrize(
    ("came", "able", "wait"),
    [
        (RefreshOutcome.CHANGED, True, NOTHING),
        (RefreshOutcome.CHANGED, False, None),
        (RefreshOutcome.RENEWED, True, None),
    ],
)
def test_only_somebody_elses_token_that_is_refused_too_is_not_the_accounts_last(
    came: RefreshOutcome,
    able: bool,  # noqa: FBT001
    wait: timedelta | None,
) -> None:
    outcome, _, _ = after(renewing(came, able=able), second=REFUSED)
    assert (outcome.ended, outcome.wait) == (TryEnd.AUTH, wait)
    assert outcome.sentence.endswith("It said no.")


@pytest.mark.parametrize("came", [RefreshOutcome.CHANGED, RefreshOutcome.RENEWED])
def test_a_second_try_that_ends_otherwise_waits_as_it_says(came: RefreshOutcome) -> None:
    second = Outcome(ended=TryEnd.THROTTLED, sentence="Busy.", wait=timedelta(seconds=9))
    outcome, _, _ = after(renewing(came), second=second)
    assert (outcome.ended, outcome.wait) == (TryEnd.THROTTLED, timedelta(seconds=9))


@pytest.mark.parametrize(("at", "asked"), [(LAST_MOMENT, 1), (LAST_MOMENT + TICK, 0)])
def test_without_time_for_a_renewal_it_is_noticed_and_the_post_comes_back(at: datetime, asked: int) -> None:
    one = renewing(RefreshOutcome.RENEWED, at)
    outcome, connection, tried = after(one)
    assert len(one.asked) == len(tried) == asked
    if not asked:
        assert (outcome.ended, outcome.wait, connection) == (TryEnd.AUTH, LATER, OLD)
        assert one.noticed == [(OLD, True)]


@pytest.mark.parametrize("came", [RefreshOutcome.RENEWED, RefreshOutcome.CHANGED])
@pytest.mark.parametrize(("takes", "tries"), [(NOTHING, 1), (TICK, 0)])
def test_without_time_for_a_second_try_the_post_comes_back_at_once(
    came: RefreshOutcome, takes: timedelta, tries: int
) -> None:
    outcome, connection, tried = after(renewing(came, LAST_MOMENT, takes=takes))
    assert (len(tried), connection) == (tries, NEW)
    if not tries:
        assert (outcome.ended, outcome.wait) == (TryEnd.AUTH, NOTHING)
        assert "there is another one by now" in outcome.sentence


def test_a_renewal_that_is_refused_leaves_the_account_to_its_owner() -> None:
    outcome, _, tried = after(renewing(RefreshOutcome.REFUSED))
    assert (outcome.ended, outcome.wait, tried) == (TryEnd.AUTH, None, [])
    assert outcome.sentence == "Plain did not accept the token, and gives no new one. So it is."


@pytest.mark.parametrize("came", [RefreshOutcome.UNANSWERED, RefreshOutcome.BUSY])
@pytest.mark.parametrize(
    ("again_at", "wait"),
    [(None, NOTHING), (START - TICK, NOTHING), (START + timedelta(seconds=7), timedelta(seconds=7))],
)
def test_without_a_new_token_the_post_comes_back_when_there_may_be_one(
    came: RefreshOutcome, again_at: datetime | None, wait: timedelta
) -> None:
    outcome, _, tried = after(renewing(came, again_at=again_at))
    assert (outcome.ended, outcome.wait, tried) == (TryEnd.AUTH, wait, [])
    assert "there is no new one yet" in outcome.sentence
