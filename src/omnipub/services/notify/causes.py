"""Which findings of a check-up somebody is told of, as a table: what they are called, and from when on.

A finding is about one thing: an account, a token, all that failed. That thing is the cause, and one notice tells it.
Whether it is over is told by the same check-up. A pause is no cause: a person made it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from omnipub.domain.delivery.outcome import unquoted
from omnipub.domain.notice import Cause
from omnipub.hints import Action, Hint
from omnipub.services.health.checkup import LEFT_TO_PEOPLE
from omnipub.services.health.finding import Finding, Health

_NONE = timedelta(0)
_SOME = timedelta(minutes=2)


@dataclass(frozen=True, kw_only=True)
class CauseRule:
    """What a kind of cause is called, and when it is told.

    Attributes:
        title: One line; no name of an account or an owner stands in it.
        least: From this on a finding is a cause.
        patience: How long it must have lasted: what heals by itself within that is not told.
        alarm: The alarm of CloudWatch that tells it where there is one; on AWS it is left to that.
    """

    title: str
    least: Health = Health.BAD
    patience: timedelta = _NONE
    alarm: str = ""


RULES: Mapping[str, CauseRule] = MappingProxyType(
    {
        "gate": CauseRule(title="Nothing is published: the table is a copy or an older one", alarm="GateClosed"),
        "scheduler": CauseRule(title="The scheduler is silent", patience=_SOME, alarm="Silence"),
        "clock": CauseRule(title="The clock went back", patience=_SOME),
        "due": CauseRule(title="Deliveries are overdue", patience=_SOME, alarm="Overdue"),
        "publishing": CauseRule(title="Deliveries are stuck while being published", patience=_SOME),
        "unconfirmed": CauseRule(title="Nobody knows whether posts are out", least=Health.WARN, alarm="Unconfirmed"),
        "failed": CauseRule(title="Deliveries failed", least=Health.WARN),
        "missed": CauseRule(title="Deliveries were missed", least=Health.WARN),
        "held": CauseRule(title="Deliveries are held for a network that this release does not know"),
        "account": CauseRule(title="An account needs its owner"),
        "tokens": CauseRule(title="A token ends, and nobody but its owner can renew it", least=Health.WARN),
        "network": CauseRule(title="A network refuses or does not answer several accounts", least=Health.WARN),
        "interface": CauseRule(title="A network switches off the version that omnipub speaks", least=Health.WARN),
        "parked": CauseRule(title="Records were parked: the worker gave up on them", least=Health.WARN, alarm="Parked"),
        "stream": CauseRule(title="The worker does not keep up with the stream", patience=_SOME, alarm="Lag"),
        "disk": CauseRule(title="The disk is nearly full", least=Health.WARN),
        "storage": CauseRule(title="The data cannot be written or read"),
    }
)
"""Name of a finding → its rule; `network` is made of several findings, and `storage` is told without a table."""

CONSEQUENCES: Mapping[str, frozenset[str]] = MappingProxyType(
    {"gate": frozenset({"scheduler", "due", "publishing"}), "scheduler": frozenset({"due", "publishing"})}
)
"""Cause → what follows from it, and is not told beside it."""

RESTING, SEVERAL = "resting", 2
"""The finding of an account that rests; so many of one network at once are the network's matter."""

GROWING = frozenset(status.value for status in LEFT_TO_PEOPLE)
"""Causes that stay until a person clears them away: what comes to them later is worth another notice."""

_RANK = (Health.OK, Health.WARN, Health.BAD)


@dataclass(frozen=True, kw_only=True)
class FoundCause:
    """A cause as a look found it, and what to do about it."""

    cause: Cause
    next: Hint | str


def causes_in(
    findings: Iterable[Finding], now: datetime, *, newest: Callable[[str], datetime | None], alarmed: bool
) -> list[FoundCause]:
    """The causes among the findings of one look.

    Args:
        findings: Of a check-up.
        now: The moment of the look.
        newest: When the youngest delivery came to one of the causes of GROWING.
        alarmed: Whether alarms watch the same system.
    """
    told = [*findings]
    chosen = {_name(one): one for one in (*told, *_networks(told)) if _is_cause(one, alarmed=alarmed)}
    kinds = {one.name for one in chosen.values()}
    # An alarm's own matter is not told here, but it still explains what follows from it.
    kinds |= {one.name for one in told if one.name in CONSEQUENCES and _is_cause(one, alarmed=False)}
    follow = {name for kind in kinds for name in CONSEQUENCES.get(kind, ())}
    return [
        FoundCause(
            cause=Cause(
                name=name,
                what=_said(one.what),
                first=now,
                last=now,
                count=one.count,
                newest=newest(one.name) if one.name in GROWING else None,
            ),
            next=one.elsewhere or one.next,
        )
        for name, one in chosen.items()
        if one.name not in follow
    ]


def _is_cause(one: Finding, *, alarmed: bool) -> bool:
    rule = RULES.get(one.name)
    return rule is not None and _RANK.index(one.health) >= _RANK.index(rule.least) and not (alarmed and rule.alarm)


def _name(one: Finding) -> str:
    return f"{one.name} {one.subject}".rstrip()


def _said(what: str) -> str:
    """The finding's sentence, without what a network said: that may be words of a post."""
    plain = unquoted(what)
    return what if plain == what else f"{plain.rstrip(' :.')}."


def _networks(findings: Iterable[Finding]) -> Iterator[Finding]:
    """One finding for each network on which several accounts rest at once."""
    resting = Counter(one.subject for one in findings if one.name == RESTING and one.subject)
    for network, count in resting.items():
        if count >= SEVERAL:
            yield Finding(
                name="network",
                subject=network,
                health=Health.WARN,
                what=f"{network} refuses or does not answer: {count} accounts rest. What is due there waits for it.",
                count=count,
                next=Hint(action=Action.LIST_ACCOUNTS),
            )
