"""How an invented delivery comes to its status: by the decisions that a real one meets."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub.domain.delivery import actions, decide
from omnipub.domain.delivery.conclude import concluded
from omnipub.domain.delivery.fingerprint import digest
from omnipub.domain.delivery.lifecycle import Event, Status, follow
from omnipub.domain.delivery.model import Attempt, Delivery, FrozenRequest
from omnipub.domain.delivery.moves import missed
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.ids import network_of

WINDOW = timedelta(days=1)
_LEASE = timedelta(seconds=70)
_RULES = Rules(remedy=ReconcileMethod.NONE, settle=timedelta(seconds=10))

_THROTTLED = 0.04
"""The share of publications that took a second try."""

_REFUSALS = (
    ("over_limit", "The text is longer than the network allows."),
    ("368", "The network considers the content abusive."),
    ("INVALID_URL", "The network cannot fetch the link."),
)


@dataclass(frozen=True, kw_only=True)
class InventedHistory:
    """A delivery on its way to a status.

    Attributes:
        chance: Decides what is open.
        born: The delivery as it was composed.
        text: What it says.
    """

    chance: random.Random
    born: Delivery
    text: str

    def until(self, status: Status) -> tuple[Delivery, list[Attempt]]:
        """The delivery with that status, and its tries."""
        due = _moment(self.born.due_at)
        late = due + timedelta(milliseconds=self.chance.randint(150, 3_000))
        match status:
            case Status.PUBLISHED:
                return self._published(late)
            case Status.FAILED:
                code, sentence = self.chance.choice(_REFUSALS)
                return self._tried(self.born, late, Outcome(ended=TryEnd.REJECTED, code=code, sentence=sentence))
            case Status.UNCONFIRMED:
                sentence = "No answer came in time; the post may be out."
                outcome = Outcome(ended=TryEnd.AMBIGUOUS, code="read_timeout", sentence=sentence)
                # Its own id stands in the text that others wait with: two unresolved ones never say the same.
                holds = digest(f"{self.born.parent.id} {self.text}")
                return self._tried(replace(self.born, holds=holds), late, outcome)
            case _:
                after = self._untried(status, late)
                return _version(after, int(after != self.born)), []

    def _untried(self, status: Status, late: datetime) -> Delivery:
        draft = replace(self.born, status=Status.DRAFT, next_at=None, not_after=None)
        match status:
            case Status.HELD:
                sentence = "Its account is not connected: it was invented."
                return decide.held(self.born, late, sentence=sentence)
            case Status.MISSED:
                return missed(self.born, late + WINDOW)
            case Status.CANCELLED:
                return actions.cancelled(self.born, late - WINDOW, sentence="Its author called it off.")
            case Status.DRAFT:
                return replace(draft, due_at=None)
            case Status.PENDING_APPROVAL:
                return replace(draft, status=follow(Status.DRAFT, Event.SUBMIT))
            case Status.EXPIRED:
                submitted = follow(Status.DRAFT, Event.SUBMIT)
                return replace(draft, status=follow(submitted, Event.EXPIRE))
            case _:
                return self.born

    def _published(self, at: datetime) -> tuple[Delivery, list[Attempt]]:
        delivery, tries = self.born, list[Attempt]()
        if self.chance.random() < _THROTTLED:
            wait = timedelta(seconds=self.chance.randint(5, 300))
            throttled = Outcome(ended=TryEnd.THROTTLED, code="429", sentence="The network asked to wait.", wait=wait)
            delivery, tries = self._tried(delivery, at, throttled)
            at = _moment(delivery.next_at)
        name = f"seed-{delivery.parent.id.lower()}"
        network = network_of(delivery.channel)
        out = Outcome(ended=TryEnd.PUBLISHED, network_id=name, permalink=f"https://{network}.example/{name}")
        published, last = self._tried(delivery, at, out)
        return published, [*tries, *last]

    def _tried(self, delivery: Delivery, at: datetime, outcome: Outcome) -> tuple[Delivery, list[Attempt]]:
        claim = decide.claimed_to_send(
            delivery,
            at,
            claim_id=self.chance.randbytes(16).hex(),
            lease_for=_LEASE,
            frozen=FrozenRequest(revision=delivery.revision, body={"text": self.text}),
        )
        answered = at + timedelta(milliseconds=self.chance.randint(80, 2_500))
        after = concluded(claim, outcome, answered, _RULES, chance=self.chance.random())
        if after.published_from is not None:
            return _version(after, 2), []
        attempt = Attempt(
            parent=claim.parent,
            channel=claim.channel,
            number=claim.attempts,
            started_at=at,
            ended_at=answered,
            ended=outcome.ended.value,
            code=outcome.code,
            sentence=outcome.sentence,
        )
        return _version(after, 2), [attempt]


def _version(delivery: Delivery, writes: int) -> Delivery:
    return replace(delivery, version=delivery.version + writes)


def _moment(at: datetime | None) -> datetime:
    if at is None:
        raise AssertionError("what was composed, or was throttled, has its moment")
    return at
