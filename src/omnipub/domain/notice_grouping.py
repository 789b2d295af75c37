"""Which causes one notice tells: those of one kind that a target must be told of at the same moment.

A cause is told at once where no other one of its kind was told of late. What comes to it soon after waits a while for
more. Where a hundred accounts break one by one, a person gets a few notices and not a hundred.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from omnipub.domain.notice import Cause, Phase, due

GATHERED_FOR = timedelta(minutes=10)
"""So long after a notice others of its kind wait for one another."""

Group = tuple[Phase, tuple[Cause, ...]]
"""What one notice says, and of which causes of one kind."""


def due_groups(
    causes: Sequence[Cause], target: str, now: datetime, *, patience: Callable[[Cause], timedelta]
) -> list[Group]:
    """What one target must be told now, a group for each notice.

    Args:
        causes: All that are known.
        target: Who is told.
        now: The moment.
        patience: How long a cause must have lasted to be worth a word.
    """
    groups: dict[tuple[str, Phase], list[Cause]] = {}
    for cause in causes:
        phase = due(cause, target, now, patience=patience(cause))
        if phase is not None:
            groups.setdefault((cause.kind, phase), []).append(cause)
    lately = {key: _told_lately(causes, target, now, *key) for key in groups}
    ready = {key: tuple(one for one in found if not lately[key] - {one.name}) for key, found in groups.items()}
    return [(phase, found) for (_, phase), found in ready.items() if found]


def _told_lately(causes: Iterable[Cause], target: str, now: datetime, kind: str, phase: Phase) -> set[str]:
    """The names of a kind that a target was told of a little while ago, in the same sense."""
    return {
        cause.name
        for cause in causes
        if cause.kind == kind
        and (at := cause.of(target).at) is not None
        and now - at < GATHERED_FOR
        and cause.of(target).over is (phase is Phase.OVER)
    }
