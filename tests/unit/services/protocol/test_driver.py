import re
from collections.abc import Callable, Generator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnipub.domain.conversation import Published, Publishing, Request, RequestFailedError, Response
from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.network import PostIds
from omnipub.ports.http import NoAnswerError, NotSentError
from omnipub.services.protocol.driver import Driver

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
TICK = timedelta(milliseconds=1)
LEASE = NOON + timedelta(seconds=70)
LONGEST = timedelta(seconds=25)
IDS = PostIds(network="Net", pattern=re.compile("[0-9]+"), like="a number", found="It is there.")
OUT = Outcome(ended=TryEnd.PUBLISHED, network_id="1")
OK = Response(status=200)
NOT_SENT = NotSentError("The name could not be resolved.")
NO_ANSWER = NoAnswerError("The answer did not come in time.")

PREPARE = Request(method="POST", url="https://net/upload", total_timeout=20)
PUBLISH = Request(method="POST", url="https://net/posts", publishes=True, total_timeout=20)
READ = Request(method="GET", url="https://net/posts/1", total_timeout=20)


@dataclass
class FakeClock:
    """Time that only passes when somebody says so."""

    at: datetime = NOON

    def now(self) -> datetime:
        return self.at

    def sleep_until(self, moment: datetime) -> None:
        self.at = max(self.at, moment)


@dataclass
class ScriptedSend:
    """Answers requests from a script; each takes `takes`."""

    answers: list[Response | Exception]
    clock: FakeClock
    takes: timedelta = timedelta(0)
    sent: list[Request] = field(default_factory=list)

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        assert callable(media)
        self.sent.append(request)
        self.clock.at += self.takes
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


@dataclass
class Notes:
    """Remembers what was noted."""

    events: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def note(self, event: str, **facts: Any) -> None:
        self.events.append((event, facts))


@dataclass
class Stage:
    """A driver with its script."""

    answers: list[Response | Exception] = field(default_factory=list)
    takes: timedelta = timedelta(0)
    notes: Notes = field(default_factory=Notes)
    clock: FakeClock = field(default_factory=FakeClock)

    def __post_init__(self) -> None:
        self.wire = ScriptedSend(answers=self.answers, clock=self.clock, takes=self.takes)
        self.driver = Driver(send=self.wire, media=str.encode, clock=self.clock, journal=self.notes, longest=LONGEST)

    def publish(self, conversation: Publishing, lease: datetime = LEASE) -> Outcome:
        return self.driver.publish(conversation, secrets=(), lease_until=lease, ids=IDS)


def saying(*requests: Request, breaks_after: int | None = None) -> Publishing:
    """A channel that sends requests one after the other; it may stumble over the n-th answer."""
    for number, request in enumerate(requests, 1):
        yield request
        if number == breaks_after:
            raise KeyError("id")
    return OUT


def telling(*after: Request, breaks: bool = False) -> Publishing:
    """A channel that names the id as soon as it knows it, and then asks for more."""
    yield PUBLISH
    yield Published(network_id="1", permalink="https://net/early")
    for request in after:
        answer = yield request
        if answer.status != 200:
            return Outcome(ended=TryEnd.AMBIGUOUS, code="http_500", sentence="It failed.")
    if breaks:
        raise KeyError("permalink")
    return Outcome(ended=TryEnd.PUBLISHED, network_id="1", permalink="https://net/late")


def run(*requests: Request, answers: list[Response | Exception]) -> Outcome:
    return Stage(answers=list(answers)).publish(saying(*requests))


# Answers.


def test_a_conversation_is_run_to_the_outcome_that_its_channel_names() -> None:
    assert run(PREPARE, PUBLISH, READ, answers=[OK, OK, OK]) == OUT


def test_requests_are_sent_in_their_order_and_each_once() -> None:
    stage = Stage(answers=[OK, OK])
    stage.publish(saying(PREPARE, PUBLISH))
    assert stage.wire.sent == [PREPARE, PUBLISH]


def test_a_channel_is_given_the_answer_to_each_request() -> None:
    heard = []

    def listening() -> Publishing:
        heard.append((yield PREPARE))
        heard.append((yield PUBLISH))
        return OUT

    first, second = Response(status=201, body={"id": 1}), Response(status=500)
    Stage(answers=[first, second]).publish(listening())
    assert heard == [first, second]


def test_a_channel_that_needs_no_request_names_its_outcome_at_once() -> None:
    stage = Stage()
    assert stage.publish(saying()) == OUT
    assert stage.wire.sent == []


def test_whatever_status_an_answer_has_the_channel_judges_it() -> None:
    for status in (200, 302, 400, 429, 500, 503):
        assert run(PUBLISH, answers=[Response(status=status)]) == OUT


# Missing answers.


@pytest.mark.parametrize(
    ("requests", "answers", "how"),
    [
        # Nothing that publishes has left us: surely not out.
        ([PUBLISH], [NOT_SENT], TryEnd.NOT_SENT),
        ([PREPARE, PUBLISH], [NOT_SENT], TryEnd.NOT_SENT),
        ([PREPARE, PUBLISH], [NO_ANSWER], TryEnd.NOT_SENT),
        ([PREPARE, PUBLISH], [OK, NOT_SENT], TryEnd.NOT_SENT),
        ([READ, PREPARE, PUBLISH], [OK, NO_ANSWER], TryEnd.NOT_SENT),
        # A publishing request was written, and its answer is missing.
        ([PUBLISH], [NO_ANSWER], TryEnd.AMBIGUOUS),
        ([PREPARE, PUBLISH], [OK, NO_ANSWER], TryEnd.AMBIGUOUS),
        # Whatever goes wrong after a publishing request was answered does not take it back.
        ([PUBLISH, READ], [OK, NOT_SENT], TryEnd.AMBIGUOUS),
        ([PUBLISH, READ], [OK, NO_ANSWER], TryEnd.AMBIGUOUS),
        ([PUBLISH, PUBLISH], [OK, NOT_SENT], TryEnd.AMBIGUOUS),
        ([PUBLISH, PUBLISH], [OK, NO_ANSWER], TryEnd.AMBIGUOUS),
        ([PUBLISH, READ, PREPARE], [OK, OK, NOT_SENT], TryEnd.AMBIGUOUS),
        ([PUBLISH, READ], [Response(status=500), NOT_SENT], TryEnd.AMBIGUOUS),
    ],
)
def test_a_try_is_ambiguous_as_soon_as_a_publishing_request_has_left_us(
    requests: list[Request], answers: list[Response | Exception], how: TryEnd
) -> None:
    assert run(*requests, answers=answers).ended is how


def test_a_missing_answer_ends_the_conversation() -> None:
    stage = Stage(answers=[NO_ANSWER, OK])
    stage.publish(saying(PUBLISH, READ))
    assert stage.wire.sent == [PUBLISH]


@pytest.mark.parametrize(("error", "code"), [(NOT_SENT, "not_sent"), (NO_ANSWER, "no_answer")])
def test_a_missing_answer_says_why_in_words(error: NotSentError | NoAnswerError, code: str) -> None:
    outcome = run(PUBLISH, answers=[error])
    assert (outcome.code, outcome.sentence) == (code, error.message)


# A known result.


@pytest.mark.parametrize(
    "fate", [NOT_SENT, NO_ANSWER, Response(status=500), Response(status=404), Response(status=401)], ids=str
)
def test_a_post_whose_id_is_known_is_published_whatever_becomes_of_what_follows(fate: Response | Exception) -> None:
    outcome = Stage(answers=[OK, fate]).publish(telling(READ))
    assert (outcome.ended, outcome.network_id, outcome.permalink) == (TryEnd.PUBLISHED, "1", "https://net/early")
    assert outcome.sentence


def test_a_known_id_survives_a_channel_that_stumbles() -> None:
    outcome = Stage(answers=[OK]).publish(telling(breaks=True))
    assert (outcome.ended, outcome.network_id) == (TryEnd.PUBLISHED, "1")


def test_a_known_id_survives_the_end_of_the_lease() -> None:
    stage = Stage(answers=[OK], takes=timedelta(seconds=60))
    outcome = stage.publish(telling(READ))
    assert (outcome.ended, outcome.network_id) == (TryEnd.PUBLISHED, "1")
    assert stage.wire.sent == [PUBLISH]


def test_a_known_id_survives_another_request_that_publishes_and_has_no_answer() -> None:
    outcome = Stage(answers=[OK, NO_ANSWER]).publish(telling(PUBLISH))
    assert (outcome.ended, outcome.network_id) == (TryEnd.PUBLISHED, "1")


def test_what_follows_a_known_id_may_add_the_permalink() -> None:
    outcome = Stage(answers=[OK, OK]).publish(telling(READ))
    assert (outcome.permalink, outcome.sentence) == ("https://net/late", "")


def test_a_channel_may_end_with_another_id_and_the_named_one_stands() -> None:
    def confused() -> Publishing:
        yield PUBLISH
        yield Published(network_id="1")
        return Outcome(ended=TryEnd.PUBLISHED, network_id="2")

    assert Stage(answers=[OK]).publish(confused()).network_id == "1"


# Errors that a channel may catch.


@pytest.mark.parametrize("error", [NOT_SENT, NO_ANSWER], ids=str)
def test_a_channel_may_go_on_without_a_request_that_does_not_publish(error: NotSentError | NoAnswerError) -> None:
    heard = []

    def patient() -> Publishing:
        try:
            yield PREPARE
        except RequestFailedError as failed:
            heard.append(failed.outcome)
        yield PUBLISH
        return OUT

    stage = Stage(answers=[error, OK])
    assert stage.publish(patient()) == OUT
    assert [one.sentence for one in heard] == [error.message]
    assert stage.wire.sent == [PREPARE, PUBLISH]


def test_a_channel_cannot_catch_the_missing_answer_of_a_request_that_publishes() -> None:
    def stubborn() -> Publishing:
        try:
            yield PUBLISH
        except RequestFailedError:
            yield PUBLISH
        return OUT

    stage = Stage(answers=[NO_ANSWER, OK])
    assert stage.publish(stubborn()).ended is TryEnd.AMBIGUOUS
    assert stage.wire.sent == [PUBLISH]


def test_a_request_that_no_longer_fits_may_be_done_without_too() -> None:
    def patient() -> Publishing:
        with suppress(RequestFailedError):
            yield PREPARE
        return OUT

    stage = Stage()
    assert stage.publish(patient(), lease=NOON) == OUT
    assert stage.wire.sent == []


@pytest.mark.parametrize("status", [200, 302, 500])
def test_a_refused_token_after_what_may_be_visible_is_ambiguous(status: int) -> None:
    def parts() -> Publishing:
        yield PUBLISH
        yield PUBLISH
        return Outcome(ended=TryEnd.AUTH)

    ends = [Stage(answers=[Response(status=first), Response(status=401)]).publish(parts()) for first in (status, 400)]
    assert [one.ended for one in ends] == [TryEnd.AMBIGUOUS, TryEnd.AUTH]


# The lease.


def test_a_request_whose_time_out_just_fits_into_the_lease_is_begun() -> None:
    stage = Stage(answers=[OK])
    assert stage.publish(saying(PUBLISH), lease=NOON + timedelta(seconds=20)) == OUT


def test_a_request_whose_time_out_no_longer_fits_into_the_lease_is_not_begun() -> None:
    stage = Stage()
    outcome = stage.publish(saying(PUBLISH), lease=NOON + timedelta(seconds=20) - TICK)
    assert stage.wire.sent == []
    assert (outcome.ended, outcome.code) == (TryEnd.NOT_SENT, "lease_too_short")


def test_the_clock_is_read_again_before_each_request() -> None:
    stage = Stage(answers=[OK, OK, OK], takes=timedelta(seconds=19))
    outcome = stage.publish(saying(PREPARE, PREPARE, PREPARE, PUBLISH))
    assert len(stage.wire.sent) == 3
    assert (outcome.ended, outcome.code) == (TryEnd.NOT_SENT, "lease_too_short")


def test_running_out_of_lease_after_publishing_is_ambiguous() -> None:
    stage = Stage(answers=[OK], takes=timedelta(seconds=60))
    outcome = stage.publish(saying(PUBLISH, READ))
    assert stage.wire.sent == [PUBLISH]
    assert (outcome.ended, outcome.code) == (TryEnd.AMBIGUOUS, "lease_too_short")


def test_each_requests_own_time_out_counts() -> None:
    short = Request(method="POST", url="https://net/posts", publishes=True, total_timeout=5)
    stage = Stage(answers=[OK])
    lease = NOON + timedelta(seconds=5)
    assert stage.publish(saying(short), lease=lease) == OUT
    assert Stage().publish(saying(PUBLISH), lease=lease).ended is TryEnd.NOT_SENT


def test_no_request_takes_longer_than_the_stage_allows_and_only_that_must_fit() -> None:
    patient = Request(method="POST", url="https://net/posts", publishes=True, total_timeout=600)
    stage = Stage(answers=[OK])
    assert stage.publish(saying(patient), lease=NOON + LONGEST) == OUT
    assert [request.total_timeout for request in stage.wire.sent] == [LONGEST.total_seconds()]
    assert Stage().publish(saying(patient), lease=NOON + LONGEST - TICK).ended is TryEnd.NOT_SENT


def test_a_worker_that_was_frozen_past_its_lease_sends_nothing() -> None:
    stage = Stage()
    stage.clock.at = LEASE + timedelta(hours=1)
    assert stage.publish(saying(PUBLISH)).ended is TryEnd.NOT_SENT
    assert stage.wire.sent == []


# Channels that stumble.


@pytest.mark.parametrize(
    ("requests", "breaks_after", "how"),
    [
        ([PREPARE, PUBLISH], 1, TryEnd.NOT_SENT),
        ([PUBLISH], 1, TryEnd.AMBIGUOUS),
        ([PREPARE, PUBLISH], 2, TryEnd.AMBIGUOUS),
        ([PUBLISH, READ], 2, TryEnd.AMBIGUOUS),
    ],
)
def test_a_channel_that_stumbles_over_an_answer_does_not_take_the_worker_with_it(
    requests: list[Request], breaks_after: int, how: TryEnd
) -> None:
    stage = Stage(answers=[OK] * len(requests))
    outcome = stage.publish(saying(*requests, breaks_after=breaks_after))
    assert (outcome.ended, outcome.code) == (how, "unreadable_answer")
    assert outcome.sentence


def test_a_channel_that_stumbles_before_its_first_request_has_sent_nothing() -> None:
    def broken() -> Publishing:
        if OK.body is None:
            raise ValueError("no secret 4711 here")
        yield PUBLISH
        return OUT

    stage = Stage()
    assert stage.publish(broken()).ended is TryEnd.NOT_SENT
    assert stage.wire.sent == []


def test_a_stumble_is_noted_by_its_kind_and_never_with_its_words() -> None:
    stage = Stage(answers=[OK])
    stage.publish(saying(PUBLISH, breaks_after=1))
    assert stage.notes.events == [("channel_broke", {"error": "KeyError"})]


def test_an_unhurried_conversation_notes_nothing() -> None:
    stage = Stage(answers=[OK])
    stage.publish(saying(PUBLISH))
    assert stage.notes.events == []


# Looks.

SEEN = Sighting(posts=(FoundPost(network_id="1", text="Hello", created_at=NOON),), reaches_back_to=NOON)


def seeing(*requests: Request) -> Generator[Request, Response, Sighting]:
    for request in requests:
        answer = yield request
        assert answer.status == 200
    return SEEN


def look(*requests: Request, answers: list[Response | Exception], lease: datetime = LEASE) -> Sighting:
    return Stage(answers=answers).driver.look(seeing(*requests), secrets=(), lease_until=lease, ids=IDS)


def test_a_look_is_run_to_its_sighting() -> None:
    assert look(READ, READ, answers=[OK, OK]) == SEEN


@pytest.mark.parametrize("answers", [[NOT_SENT], [NO_ANSWER], [OK, NO_ANSWER]])
def test_a_look_without_an_answer_has_failed_and_saw_nothing(answers: list[Response | Exception]) -> None:
    sighting = look(READ, READ, answers=list(answers))
    assert sighting.failed is not None
    assert sighting.failed.sentence
    assert sighting.failed.ended is TryEnd.NOT_SENT
    assert (sighting.posts, sighting.reaches_back_to) == ((), None)


def test_a_look_that_no_longer_fits_into_the_lease_is_not_begun() -> None:
    sighting = look(READ, answers=[], lease=NOON)
    assert sighting.failed is not None
    assert sighting.failed.code == "lease_too_short"


def test_a_look_that_cannot_be_read_has_failed() -> None:
    def broken() -> Generator[Request, Response, Sighting]:
        yield READ
        raise KeyError("data")

    stage = Stage(answers=[OK])
    sighting = stage.driver.look(broken(), secrets=(), lease_until=LEASE, ids=IDS)
    assert sighting.failed is not None
    assert sighting.failed.code == "unreadable_answer"


def test_an_id_that_the_network_does_not_have_is_never_published() -> None:
    def odd() -> Publishing:
        yield PUBLISH
        return Outcome(ended=TryEnd.PUBLISHED, network_id="\ud800")

    outcome = Stage(answers=[OK]).publish(odd())
    assert (outcome.ended, outcome.network_id) == (TryEnd.AMBIGUOUS, "")


def test_a_listed_post_without_a_valid_id_is_not_seen_and_keeps_the_look_unclear() -> None:
    def odd() -> Generator[Request, Response, Sighting]:
        yield READ
        return Sighting(posts=(FoundPost(network_id="x", text="Hello", created_at=NOON),), reaches_back_to=NOON)

    sighting = Stage(answers=[OK]).driver.look(odd(), secrets=(), lease_until=LEASE, ids=IDS)
    assert (sighting.posts, sighting.reaches_back_to) == ((), None)
    assert sighting.doubt
