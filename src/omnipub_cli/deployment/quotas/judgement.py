"""From figures to findings: fine below 80 % of a limit, a warning above, bad at 100 %."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from omnipub.services.health.finding import Finding, Health, fine

NEAR = 80
"""Per cent of a limit from which somebody should look."""

PREFIX = "quota "
"""What the names of all findings about a limit begin with."""

Figures = Mapping[str, float]
"""What is known, by the names that `rows` uses; of what was not told, there is none."""

Names = Mapping[str, str]
"""What commands and dimensions are filled in with: `region`, `stream`, …"""

_INCREASE = (
    "aws service-quotas request-service-quota-increase --service-code {service} --quota-code {code} "
    "--desired-value {wanted} --region {{region}}"
)


@dataclass(frozen=True, kw_only=True)
class Quota:
    """A limit as AWS' Service Quotas knows it, whether or not the figure is asked for there."""

    service: str
    code: str
    name: str

    def increase(self, wanted: float) -> str:
        """The command that asks for more."""
        return _INCREASE.format(service=self.service, code=self.code, wanted=f"{wanted:.0f}")


@dataclass(frozen=True, kw_only=True)
class QuotaRemedy:
    """What is to be done about a finding.

    Attributes:
        sentence: For people; what stops otherwise, or where to ask.
        next: What to type, a command of ours.
        elsewhere: What to type if that is no command of ours.
        quota: Of which twice as much is asked for, if neither of the two is there.
        doubled: The figure that is doubled; "" for the row's own limit.
    """

    sentence: str
    next: str = ""
    elsewhere: str = ""
    quota: Quota | None = None
    doubled: str = ""


@dataclass(frozen=True, kw_only=True)
class Limit:
    """Something of which there may be so much.

    Attributes:
        what: What is counted, the beginning of a sentence.
        used: Name of the figure.
        limit: Name of the most it may be. A negative figure means that there is no limit.
        window: Over which time, the end of the sentence.
        worst: How it is meant when the limit is reached.
    """

    name: str
    what: str
    used: str
    limit: str
    remedy: QuotaRemedy
    unit: str = ""
    window: str = ""
    worst: Health = Health.BAD

    def judged(self, figures: Figures, names: Names) -> Finding | None:
        """How it is; None if one of its figures is not known."""
        used, limit = figures.get(self.used), figures.get(self.limit)
        if used is None or limit is None:
            return None
        percent = _percent(used, limit)
        if percent < NEAR:
            return fine(self.name, self.what)
        words = (number(used), "of", number(limit), self.unit, f"({_percentage(percent)})", self.window)
        sentence = f"{self.what}: {' '.join(word for word in words if word)}."
        full = self.worst if used >= limit else Health.WARN
        return _finding(self.name, full, sentence, self.remedy, figures.get(self.remedy.doubled, limit), names)


@dataclass(frozen=True, kw_only=True)
class Sign:
    """Something that should not be at all: requests that were refused, or a service that is not open yet.

    Attributes:
        seen: Name of the figure that should be 0.
        sentence: What it means, with `{seen}` for the figure.
    """

    name: str
    seen: str
    sentence: str
    remedy: QuotaRemedy
    health: Health = Health.BAD

    def judged(self, figures: Figures, names: Names) -> Finding | None:
        """How it is; None if its figure is not known."""
        figure = figures.get(self.seen)
        if figure is None:
            return None
        if figure <= 0:
            return fine(self.name, self.sentence)
        sentence = self.sentence.format(seen=number(figure))
        return _finding(self.name, self.health, sentence, self.remedy, figures.get(self.remedy.doubled, 0), names)


Row = Limit | Sign


def judged(rows: Iterable[Row], figures: Figures, names: Names, *, unseen: Sequence[str]) -> Iterator[Finding]:
    """What is not fine, each by itself; then, in one line, what is, with the names of what was `unseen`."""
    found = [one for one in (row.judged(figures, names) for row in rows) if one is not None]
    near = [one for one in found if one.health is not Health.OK]
    yield from near
    well = dict.fromkeys(one.name.removeprefix(PREFIX) for one in found if one.name not in {bad.name for bad in near})
    if well:
        gap = f" Not looked at: {', '.join(unseen)}." if unseen else ""
        yield fine("quotas", f"Below {NEAR} % of the limit, and nothing refused: {', '.join(well)}.{gap}")


def number(value: float) -> str:
    """A figure for people: whole from ten on, else with two digits that tell something."""
    return f"{value:,.0f}" if value >= 10 or value == int(value) else f"{value:.2g}"  # noqa: PLR2004  two digits


def _percent(used: float, limit: float) -> float:
    """How much of the limit is used; all of it if there is none to be had."""
    if limit < 0:
        return 0
    return 100 * used / limit if limit else float("inf")


def _percentage(percent: float) -> str:
    return "all of it" if percent == float("inf") else f"{int(percent)} %"


def _finding(name: str, health: Health, sentence: str, remedy: QuotaRemedy, limit: float, names: Names) -> Finding:
    command = remedy.elsewhere
    if not command and not remedy.next and remedy.quota and limit > 0:
        command = remedy.quota.increase(2 * limit)
    return Finding(
        name=name,
        health=health,
        what=f"{sentence} {remedy.sentence}",
        next=remedy.next,
        elsewhere=command.format_map(names),
    )
