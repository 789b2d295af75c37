"""Storage in trouble, told without storage: what the table would remember is remembered here while it lasts."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from omnipub.domain.notice import Cause, claimed, due, failed, finished, seen, taken, unseen
from omnipub.errors import UnavailableError
from omnipub.services.notify.notices import Notices

NAME = "storage"
"""The cause's name, and its rule's."""


@dataclass(kw_only=True)
class StorageTrouble:
    """Tells whoever was a target when storage worked last."""

    notices: Notices
    targets: Sequence[str] = ()
    cause: Cause | None = field(default=None, init=False)

    def remember(self) -> None:
        """Take in who is told; while storage does not say, it stays who it was."""
        try:
            self.targets = tuple(self.notices.notifier.targets())
        except UnavailableError:
            return

    def met(self, error: UnavailableError) -> None:
        """Storage refuses."""
        now = self._now()
        found = Cause(name=NAME, what=f"{error.message} {error.hint}".strip(), first=now, last=now)
        self._tell(seen(self.cause, found))

    def over(self) -> None:
        """Storage works, or seems to."""
        if self.cause is not None:
            self._tell(unseen(self.cause, self._now()))

    def _tell(self, cause: Cause) -> None:
        for target in self.targets:
            phase = due(cause, target, self._now())
            if phase is not None:
                mine = claimed(cause, target, self._now(), chance=self.notices.base.chance.share())
                why = self.notices.sent([mine], target, phase, {})
                cause = failed(mine, target, why) if why else taken(mine, target, phase, self._now())
        self.cause = None if finished(cause, tuple(self.targets), self._now()) else cause

    def _now(self) -> datetime:
        return self.notices.base.clock.now()
