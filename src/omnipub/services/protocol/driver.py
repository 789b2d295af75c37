"""The one place where requests are sent and missing answers are judged.

A channel says what to send; the driver sends it, one request at a time, and never again. Before each
request it re-reads the clock: if the request's whole time-out no longer fits into the lease, it stops.
Once the channel has yielded `Published`, the try is published, whatever follows.

It knows every secret of a conversation: the account's, those in its requests, and those that an answer brings. All are
masked. What a conversation ends in leaves without any of them.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, TypeVar

from omnipub.domain.circuit_breaker import NO_ANSWER, UNREACHABLE
from omnipub.domain.conversation import (
    Looking,
    Published,
    Publishing,
    Request,
    RequestFailedError,
    Response,
    Secret,
)
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.network import PostIds
from omnipub.domain.redaction import Redaction
from omnipub.domain.validation import valid_outcome, valid_sighting
from omnipub.log_events import LogEvent
from omnipub.ports.clock import Clock
from omnipub.ports.http import HttpSender, NoAnswerError, NotSentError, UnreachableError
from omnipub.ports.journal import Journal

_T = TypeVar("_T")

BRINGS = frozenset({"accessJwt", "refreshJwt", "access_token", "refresh_token", "id_token"})
"""The fields in which answers bring secrets."""

DEPTH = 3
"""So deep in an answer they stand at most."""

REFUSALS = range(400, 500)
"""Answers to a publishing request after which the public surely sees nothing of it."""


Stopped = Callable[[], Outcome | None]
"""Why a request that publishes must not leave any more; None if it may."""


class _BrokenOffError(Exception):
    """The conversation ended before the channel could say how."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.sentence)
        self.outcome = outcome


@dataclass
class _Conversation:
    """What a conversation has done so far.

    Attributes:
        stopped: Why a request that publishes must not leave.
        secrets: Those of the account, of the requests and of the answers so far.
        exposed: A request that publishes has left us.
        visible: One of them was answered otherwise than with a refusal.
        known: What the network named as published.
        known_at: When it did.
        clock_ahead: How far the network's clock is ahead of ours, by its last answer.
    """

    secrets: list[Secret]
    stopped: Stopped = lambda: None
    exposed: bool = False
    visible: bool = False
    known: Published | None = None
    known_at: datetime | None = None
    clock_ahead: timedelta | None = None

    def judged(self, outcome: Outcome) -> Outcome:
        """How the try ended, given how its conversation ended."""
        if self.known is not None:
            return replace(_standing(self.known, outcome), at=self.known_at)
        if self.visible and outcome.ended is TryEnd.AUTH:
            # The refusal of the token is about a later request than the one that may be visible.
            return replace(outcome, ended=TryEnd.AMBIGUOUS)
        return outcome


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Runs conversations over one way of sending; `longest` bounds what any request may take."""

    send: HttpSender
    media: Callable[[str], bytes]
    clock: Clock
    journal: Journal
    longest: timedelta

    def publish(
        self,
        conversation: Publishing,
        *,
        secrets: Iterable[Secret],
        lease_until: datetime,
        ids: PostIds | None,
        stopped: Stopped = lambda: None,
    ) -> Outcome:
        """Run a publishing conversation to its outcome, of which only what can be true is kept, and no secret.

        Args:
            conversation: What the channel says.
            secrets: What the network knows and nobody else may; what is secret in the requests comes to it.
            lease_until: Until when requests may run.
            ids: What an id of a new post looks like; None if none comes of this conversation.
            stopped: Asked directly before each request that publishes: why it must not leave.
        """
        talk = _Conversation(secrets=list(secrets), stopped=stopped)
        try:
            outcome = self._run(conversation, lease_until, talk)
        except _BrokenOffError as broken:
            outcome = broken.outcome
        return Redaction(talk.secrets).outcome(valid_outcome(talk.judged(outcome), ids))

    def look(
        self, conversation: Looking, *, secrets: Iterable[Secret], lease_until: datetime, ids: PostIds
    ) -> Sighting:
        """Run a look-up to its sighting, in which only posts with valid ids stand, and no secret."""
        talk = _Conversation(secrets=list(secrets))
        try:
            sighting = valid_sighting(self._run(conversation, lease_until, talk), ids)
        except _BrokenOffError as broken:
            sighting = Sighting(failed=broken.outcome)
        return replace(Redaction(talk.secrets).sighting(sighting), clock_ahead=talk.clock_ahead)

    def _run(
        self, conversation: Generator[Request | Published, Response, _T], lease_until: datetime, talk: _Conversation
    ) -> _T:
        go_on: Callable[[], Request | Published] = partial(next, conversation)
        while True:
            try:
                yielded = go_on()
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # StopIteration is not generic
            except RequestFailedError as error:
                raise _BrokenOffError(error.outcome) from error
            except Exception as error:
                # A channel that cannot read an answer must not take the worker with it.
                self.journal.note(LogEvent.CHANNEL_BROKE, error=type(error).__name__)
                raise _BrokenOffError(_unreadable(exposed=talk.exposed)) from error
            if isinstance(yielded, Published):
                talk.known, talk.known_at = yielded, self.clock.now()
                go_on = partial(next, conversation)
                continue
            try:
                go_on = partial(conversation.send, self._sent(yielded, lease_until, talk))
            except _BrokenOffError as error:
                if yielded.publishes:
                    raise
                # The channel may know how to do without this answer.
                go_on = partial(conversation.throw, RequestFailedError(error.outcome))

    def _sent(self, sent: Request, lease_until: datetime, talk: _Conversation) -> Response:
        """The answer to one request.

        Raises:
            _BrokenOffError: There is none; its outcome says whether anything may be out.
        """
        stop = talk.stopped() if sent.publishes else None
        if stop is not None:
            raise _BrokenOffError(replace(stop, ended=_ended(exposed=talk.exposed)))
        request = replace(sent, total_timeout=min(sent.total_timeout, self.longest.total_seconds()))
        if self.clock.now() + timedelta(seconds=request.total_timeout) > lease_until:
            raise _BrokenOffError(_out_of_time(exposed=talk.exposed))
        talk.secrets += _secrets_sent(request)
        before, talk.exposed = talk.exposed, talk.exposed or request.publishes
        try:
            answer = self.send.send(request, self.media)
        except NotSentError as error:
            raise _BrokenOffError(_outcome(error, exposed=before)) from error
        except NoAnswerError as error:
            raise _BrokenOffError(_outcome(error, exposed=talk.exposed)) from error
        talk.secrets += _secrets_brought(answer.body)
        talk.clock_ahead = _clock_ahead(answer, self.clock.now())
        talk.visible = talk.visible or (request.publishes and answer.status not in REFUSALS)
        return answer


def _clock_ahead(answer: Response, now: datetime) -> timedelta | None:
    """How far the network's clock is ahead of ours; a date in HTTP's form has whole seconds."""
    try:
        there = parsedate_to_datetime(answer.headers.get("date", ""))
        return there + timedelta(seconds=0.5) - now if there.tzinfo else None
    except (ValueError, OverflowError, TypeError, IndexError):
        return None


def _standing(known: Published, outcome: Outcome) -> Outcome:
    """The post is out under the id that the network named, whatever came after that."""
    if outcome.ended is TryEnd.PUBLISHED:
        return replace(outcome, network_id=known.network_id, permalink=outcome.permalink or known.permalink)
    after = f"It is out. What was asked after that failed: {outcome.sentence}".removesuffix(" ")
    return Outcome(ended=TryEnd.PUBLISHED, sentence=after, network_id=known.network_id, permalink=known.permalink)


def _secrets_sent(request: Request) -> Iterator[Secret]:
    yield from request.secrets
    for values in (request.headers, request.form or {}):
        yield from (value for value in values.values() if isinstance(value, Secret))


def _secrets_brought(body: Any, depth: int = DEPTH) -> Iterator[Secret]:
    if depth and isinstance(body, dict):
        for name, value in body.items():
            if name in BRINGS and isinstance(value, str):
                yield Secret(value)
            else:
                yield from _secrets_brought(value, depth - 1)


def _outcome(error: NotSentError | NoAnswerError, *, exposed: bool) -> Outcome:
    match error:
        case NoAnswerError():
            code = NO_ANSWER
        case UnreachableError():
            code = UNREACHABLE
        case _:
            code = "not_sent"
    return Outcome(ended=_ended(exposed=exposed), code=code, sentence=error.message)


def _out_of_time(*, exposed: bool) -> Outcome:
    return Outcome(
        ended=_ended(exposed=exposed),
        code="lease_too_short",
        sentence="The request was not begun: it might have outlived this worker's claim.",
    )


def _unreadable(*, exposed: bool) -> Outcome:
    return Outcome(
        ended=_ended(exposed=exposed),
        code="unreadable_answer",
        sentence="The network's answer has a form that omnipub does not know.",
    )


def _ended(*, exposed: bool) -> TryEnd:
    """A try is ambiguous as soon as a request that publishes has left us, else surely not sent."""
    return TryEnd.AMBIGUOUS if exposed else TryEnd.NOT_SENT
