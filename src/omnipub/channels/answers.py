"""Read what networks answer alike: their error texts, the wait that a rate limit asks for, unknown answers.

Whatever comes back was written by somebody else: it is shortened and made printable. The driver takes
secrets out of it, as it knows all that were sent.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeGuard

from omnipub.channels.numbers import moment_of_header, whole_number
from omnipub.domain.conversation import Response
from omnipub.domain.delivery.outcome import GONE, QUOTE, Outcome, TryEnd
from omnipub.domain.validation import LONGEST_WAIT

WORDS_AT_MOST = 200

READ_AT_MOST = 20 * WORDS_AT_MOST
"""Of what a network said, the rest is not even looked at."""

CURSOR_AT_MOST = 2_000
"""Characters of the word by which a network names the next page."""

ASTRAY = "The network's list of posts has no end: its next page is the same page."

UNSURE = frozenset({408, 409, 425, 429, 499})
"""Refusals that may come after the request was worked on, or that mean "later". 408 and 499 are also said when only
the answer took too long. 409 is also said when the post is there already."""

TOKEN_AT_MOST = 10_000
"""Characters; the longest that networks are known to give has 2,000."""

SHORTEST_WAIT = timedelta(seconds=15)
"""A throttled try uses none of a delivery's tries, so "come back at once" must not become a tight loop."""


@dataclass(frozen=True)
class AnswerMeaning:
    """A row of a channel's table: how the try ended, and why, for people."""

    ended: TryEnd
    sentence: str
    of_network: bool = False


def accepted(response: Response) -> bool:
    """Whether the status is one of success."""
    return 200 <= response.status < 300  # noqa: PLR2004 - the edges of HTTP's "successful"


def sound_token(token: object) -> TypeGuard[str]:
    """Whether this can be a token: printable ASCII that fits into a header and into the table."""
    fits = isinstance(token, str) and 0 < len(token) <= TOKEN_AT_MOST
    return isinstance(token, str) and fits and token.isascii() and token.isprintable() and " " not in token


def text_in(value: object) -> str:
    """A text as it stands in an answer; empty if it is none, which is the id of no post."""
    return value if isinstance(value, str) else ""


def words(value: object) -> str:
    """What a network said, on one line and short; empty if it said no text."""
    if not isinstance(value, str):
        return ""
    line = " ".join("".join(mark if mark.isprintable() else " " for mark in value[:READ_AT_MOST]).split())
    return line if len(line) <= WORDS_AT_MOST else line[: WORDS_AT_MOST - 1] + "…"


def sentence(plain: str, network: str, detail: str) -> str:
    """A sentence of ours, followed by what the network said, if anything; it stands behind `QUOTE`."""
    return f"{plain} {network} says: {QUOTE}{detail}”" if detail else plain


def wait_in_headers(response: Response, now: datetime | None = None) -> timedelta | None:
    """The wait that a `Retry-After` header asks for, as seconds or as a date.

    None if the header is missing or cannot be read.

    A header that came several times is one list of seconds; its longest wait counts.

    A date is measured from the answer's own `Date`, so a difference between the clocks does not matter. Without such a
    header it is measured from `now`.
    """
    header = response.headers.get("retry-after", "").strip()
    seconds = [wait for each in header.split(",") if (wait := seconds_in(each)) is not None]
    if seconds:
        return max(seconds)
    until, since = moment_of_header(header), moment_of_header(response.headers.get("date", "")) or now
    return None if until is None or since is None else bounded_wait(until - since)


def seconds_in(value: object) -> timedelta | None:
    """The wait of so many seconds that a network asks for, in bounds; None if it is no number."""
    seconds = whole_number(value, most=int(LONGEST_WAIT.total_seconds()))
    return None if seconds is None else bounded_wait(timedelta(seconds=seconds))


def unclear(
    response: Response, *, network: str, publishes: bool, detail: str = "", code: str = "", by_status: bool = True
) -> Outcome:
    """What a code means that is not in a channel's table.

    After a request that publishes it may be out, else it surely is not. A status of 400 to 499 says that the request
    was refused. So nothing is out, unless it is in UNSURE. With `by_status` False the network's statuses say nothing.
    """
    refused = 400 <= response.status < 500 and response.status not in UNSURE  # noqa: PLR2004 - HTTP's client errors
    if publishes and refused and by_status:
        plain = f"{network} refused the request (HTTP {response.status}), for a reason that omnipub does not know."
        return Outcome(
            ended=TryEnd.REJECTED,
            code=code or f"http_{response.status}",
            sentence=sentence(plain, network, detail),
        )
    if not publishes:
        plain = f"{network} did not do what it was asked."
    elif accepted(response):
        plain = f"{network} accepted the request, but its answer names no result; it is not sure what became of it."
    else:
        plain = f"{network} failed while it had the request; it is not sure what became of it."
    return Outcome(
        ended=TryEnd.AMBIGUOUS if publishes else TryEnd.NOT_SENT,
        code=code or f"http_{response.status}",
        sentence=sentence(plain, network, detail),
    )


def already_gone(network: str, network_id: str) -> Outcome:
    """The network has no such post any more, which is what a deletion is for."""
    plain = f"{network} has no such post any more."
    return Outcome(ended=TryEnd.PUBLISHED, code=GONE, sentence=plain, network_id=network_id)


def bounded_wait(wait: timedelta) -> timedelta:
    """`wait`, neither a tight loop nor longer than a date can bear."""
    return max(SHORTEST_WAIT, min(wait, LONGEST_WAIT))
