"""The one place where requests are sent and missing answers are judged.

A channel says what to send; the driver sends it, one request at a time, and never again. Before each
request it re-reads the clock: if the request's whole time-out no longer fits into the lease, it stops.

It knows every secret of a conversation: those of the account, those in its requests, and those that an answer
brings. What a conversation ends in leaves without any of them.
"""

from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from omnipub.domain.breaker import NO_ANSWER, UNREACHABLE
from omnipub.domain.conversation import Looking, PostIds, Publishing, Request, Response, Secret
from omnipub.domain.outcome import Ended, Outcome, Sighting
from omnipub.domain.redaction import Redaction
from omnipub.domain.validation import valid_outcome, valid_sighting
from omnipub.services.ports import Clock, Journal, NoAnswerError, NotSentError, Send, UnreachableError

_T = TypeVar("_T")

BRINGS = frozenset({"accessJwt", "refreshJwt", "access_token", "refresh_token", "id_token"})
"""The fields in which answers bring secrets."""

DEPTH = 3
"""So deep in an answer they stand at most."""


class _BrokenOffError(Exception):
    """The conversation ended before the channel could say how."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.sentence)
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True)
class Driver:
    """Runs conversations over one way of sending; `longest` bounds what any request may take."""

    send: Send
    media: Callable[[str], bytes]
    clock: Clock
    journal: Journal
    longest: timedelta

    def publish(
        self, conversation: Publishing, *, secrets: Iterable[Secret], lease_until: datetime, ids: PostIds | None
    ) -> Outcome:
        """Run a publishing conversation to its outcome, of which only what can be true is kept, and no secret.

        Args:
            conversation: What the channel says.
            secrets: What the network knows and nobody else may; what is secret in the requests comes to it.
            lease_until: Until when requests may run.
            ids: What an id of a new post looks like; None if none comes of this conversation.
        """
        known = list(secrets)
        try:
            outcome = valid_outcome(self._run(conversation, lease_until, known), ids)
        except _BrokenOffError as broken:
            outcome = broken.outcome
        return Redaction(known).outcome(outcome)

    def look(
        self, conversation: Looking, *, secrets: Iterable[Secret], lease_until: datetime, ids: PostIds
    ) -> Sighting:
        """Run a look-up to its sighting, in which only posts with valid ids stand, and no secret."""
        known = list(secrets)
        try:
            sighting = valid_sighting(self._run(conversation, lease_until, known), ids)
        except _BrokenOffError as broken:
            sighting = Sighting(failed=broken.outcome)
        return Redaction(known).sighting(sighting)

    def _run(self, conversation: Generator[Request, Response, _T], lease_until: datetime, known: list[Secret]) -> _T:
        exposed = False
        answer: Response | None = None
        while True:
            try:
                request = next(conversation) if answer is None else conversation.send(answer)
            except StopIteration as end:
                return end.value  # type: ignore[no-any-return]  # StopIteration is not generic
            except Exception as error:
                # A channel that cannot read an answer must not take the worker with it.
                self.journal.note("channel_broke", error=type(error).__name__)
                raise _BrokenOffError(_unreadable(exposed=exposed)) from error
            request = replace(request, total_timeout=min(request.total_timeout, self.longest.total_seconds()))
            if self.clock.now() + timedelta(seconds=request.total_timeout) > lease_until:
                raise _BrokenOffError(_out_of_time(exposed=exposed))
            exposed, before = exposed or request.publishes, exposed
            known += _secrets_sent(request)
            try:
                answer = self.send.send(request, self.media)
                known += _secrets_brought(answer.body)
            except NotSentError as error:
                raise _BrokenOffError(_outcome(error, exposed=before)) from error
            except NoAnswerError as error:
                raise _BrokenOffError(_outcome(error, exposed=exposed)) from error


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


def _ended(*, exposed: bool) -> Ended:
    """A try is ambiguous as soon as a request that publishes has left us, else surely not sent."""
    return Ended.AMBIGUOUS if exposed else Ended.NOT_SENT
