"""Whether anybody would be told of what needs a person: a finding of the check-up."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from omnipub.domain.notice import Cause
from omnipub.domain.notice_target import NoticeTarget
from omnipub.hints import Action, Hint
from omnipub.services.health.finding import Finding, Health, fine


class TargetState(StrEnum):
    """Whether a target would be told."""

    OK = "ok"
    FAILING = "failing"  # its last notice was not taken; it is tried again
    UNSET = "unset"  # an import brought it without its address


@dataclass(frozen=True, kw_only=True)
class TargetReport:
    """A target and how it fares: `why` it fails, and when it took a notice last."""

    target: NoticeTarget
    state: TargetState
    why: str = ""
    told_at: datetime | None = None


def reports(targets: Sequence[NoticeTarget], causes: Sequence[Cause]) -> list[TargetReport]:
    """How each target fares."""
    return [_report(target, causes) for target in targets]


def told(found: Sequence[TargetReport]) -> Iterator[Finding]:
    """What a check-up says of the targets."""
    if not found:
        what = "Nobody is told when something needs a person: notices have no target."
        yield Finding(name="told", health=Health.WARN, what=what, next=Hint(action=Action.SET_TARGET, scope="mail"))
        return
    well = [one.target.name for one in found if one.state is TargetState.OK]
    if well:
        yield fine("told", f"What needs a person is told: {', '.join(well)}.")
    for one in found:
        if one.state is TargetState.UNSET:
            what = f"{one.target.name} is not told: its address did not come with the import."
            remedy = Hint(action=Action.SET_TARGET, scope=one.target.name)
            yield Finding(name="told", health=Health.WARN, what=what, next=remedy)
        elif one.state is TargetState.FAILING:
            what = f"{one.target.name} does not take its notices; they are tried again: {one.why}"
            remedy = Hint(action=Action.TEST_TARGETS, scope=one.target.name)
            yield Finding(name="told", health=Health.WARN, what=what, next=remedy)


def _report(target: NoticeTarget, causes: Sequence[Cause]) -> TargetReport:
    of = [cause.of(target.name) for cause in causes]
    told_at = max((one.at for one in of if one.at is not None), default=None)
    if not target.sealed:
        return TargetReport(target=target, state=TargetState.UNSET, told_at=told_at)
    why = next((one.sentence for one in of if one.sentence), "")
    state = TargetState.FAILING if why else TargetState.OK
    return TargetReport(target=target, state=state, why=why, told_at=told_at)
