"""Follow what CloudFormation does with several stacks, from its events, until nothing changes any of them."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from omnipub_cli.deployment.errors import DeploymentFailedError
from omnipub_cli.deployment.known_failures import remedy_of
from omnipub_cli.deployment.ports import Stack, StackEvent, Stacks
from omnipub_cli.deployment.stack_state import BROKEN, DONE

OURS = "omnipub-"
"""What the tokens of our own changes begin with. Their events carry them, so a later run knows its own work."""

LOOK_EVERY = 2.0
"""Seconds between two looks."""

LATE_EVENTS = 5
"""After so many looks without any event, a stack that does not change has ended: it had nothing to tell."""

LOOK_BACK = timedelta(hours=1)
"""How far clocks may differ: of events before a change, only the last one matters."""

OWN_WORK = timedelta(days=1)
"""How long a change of ours may have been going on."""

_STACK = "AWS::CloudFormation::Stack"
_ENDED = ("_COMPLETE", "_FAILED", "_SKIPPED")


@dataclass(frozen=True, kw_only=True)
class WatchedStack:
    """A stack that is changing.

    Attributes:
        since: From when on its events belong to this change.
        total: Resources the change touches; 0 if nobody knows.
        gone: Whether its end is that it is not there any more.
    """

    short: str
    name: str
    region: str
    stacks: Stacks
    since: datetime
    total: int = 0
    gone: bool = False


@dataclass(frozen=True, kw_only=True)
class StackProgress:
    """How a change of a stack goes."""

    short: str
    status: str
    done: int
    total: int
    last: str


@dataclass(kw_only=True)
class Follower:
    """Looks at stacks until they rest.

    Attributes:
        wait: Sleeps so many seconds.
        showing: While it is open, what it gives draws how all of them go.
    """

    wait: Callable[[float], None]
    showing: Callable[[], AbstractContextManager[Callable[[Sequence[StackProgress]], None]]]
    stage: str
    _events: dict[str, Sequence[StackEvent]] = field(default_factory=dict)

    def follow(
        self, watched: Sequence[WatchedStack], *, rested: Callable[[str], None] = lambda _: None
    ) -> Mapping[str, Stack | None]:
        """Wait for all; each stack as it is then, by its short name. `rested` gets the name of each that ends.

        Raises:
            DeploymentFailedError: One did not end as it should; the others have come to rest too.
        """
        with self.showing() as show:
            ends = self._ends(watched, show, rested)
        for one in watched:
            self._judge(one, ends[one.short])
        return ends

    def _ends(
        self,
        watched: Sequence[WatchedStack],
        show: Callable[[Sequence[StackProgress]], None],
        rested: Callable[[str], None],
    ) -> Mapping[str, Stack | None]:
        ends: dict[str, Stack | None] = {}
        progress: dict[str, StackProgress] = {}
        looks = 0
        while len(ends) < len(watched):
            if looks:
                self.wait(LOOK_EVERY)
            looks += 1
            for one in [one for one in watched if one.short not in ends]:
                stack = one.stacks.find(one.name)
                events = self._events[one.short] = one.stacks.events(one.name, since=one.since)
                status = stack.status if stack else "DELETE_COMPLETE"
                progress[one.short] = progress_of(one.short, status, events, total=one.total)
                if stack is None or _rests(stack, events, looks):
                    ends[one.short] = stack
                    rested(one.name)
            show(list(progress.values()))
        return ends

    def _judge(self, one: WatchedStack, stack: Stack | None) -> None:
        status = stack.status if stack else "DELETE_COMPLETE"
        if status == "DELETE_COMPLETE" if one.gone else status in DONE:
            return
        remedy = BROKEN.get(status)
        typed = f"omnipub status --stage {self.stage}"
        if remedy:
            typed = remedy.command.format(short=one.short, name=one.name, stage=self.stage, region=one.region)
        cause = cause_of(self._events.get(one.short, ())) or (stack.why if stack else "") or "no reason was given."
        hint = f"Put it right, {'then' if remedy else 'look with'}: {typed}; the same command goes on from there."
        if known := remedy_of(cause, stage=self.stage, region=one.region):
            hint = f"{known}; before that: {typed}" if remedy else known
        raise DeploymentFailedError(f"{one.name} ended as {status}: {cause}", hint=hint)


def mark(stacks: Stacks, name: str, *, now: datetime) -> datetime:
    """The moment behind a stack's last event, by CloudFormation's own clock."""
    before = stacks.events(name, since=now - LOOK_BACK)
    return before[-1].at + timedelta(milliseconds=1) if before else now - LOOK_BACK


def progress_of(short: str, status: str, events: Sequence[StackEvent], *, total: int) -> StackProgress:
    """How a change goes, from its events so far; pure."""
    resources = [one for one in events if one.kind != _STACK]
    touched = {one.logical for one in resources}
    ended = {one.logical for one in resources if one.status.endswith(_ENDED)}
    last = next((f"{one.logical} {one.status}" for one in reversed(resources)), "")
    return StackProgress(short=short, status=status, done=len(ended), total=max(total, len(touched)), last=last)


def cause_of(events: Sequence[StackEvent]) -> str:
    """The first resource that failed by itself, and why; those cancelled after it say nothing new. Pure."""
    failed = [one for one in events if one.status.endswith("_FAILED") and one.kind != _STACK]
    first = next((one for one in failed if "cancelled" not in one.why.lower()), None)
    return f"{first.logical} ({first.kind}): {first.why.rstrip('.')}." if first else ""


def is_ours(events: Sequence[StackEvent]) -> bool:
    """Whether the change that goes on was begun by omnipub, as its token tells. Pure."""
    begun = [one for one in events if one.kind == _STACK and one.status.endswith("_IN_PROGRESS")]
    return bool(begun) and begun[-1].token.startswith(OURS)


def _rests(stack: Stack, events: Sequence[StackEvent], looks: int) -> bool:
    """Whether the change is over: a status of before it began must not be taken for its end."""
    begun = any(one.kind == _STACK for one in events) or looks > LATE_EVENTS
    return begun and not stack.status.endswith("_IN_PROGRESS")
