"""What tells people: the targets of notices, and a notice to one of them."""

from collections.abc import Sequence
from typing import Protocol

from omnipub.domain.notice import Notice
from omnipub.errors import OmnipubError


class NoticeRefusedError(OmnipubError):
    """A target answered that it does not take a notice; names its host and its answer's number alone."""


class Notifier(Protocol):
    """Tells people."""

    def targets(self) -> Sequence[str]:
        """The names of all targets, in their order; none if nobody is told.

        Raises:
            UnavailableError: Storage does not say.
        """
        ...

    def send(self, target: str, notice: Notice) -> None:
        """Tell one target; it has taken the notice when this returns.

        Raises:
            OmnipubError: It has not, or that is not known; the message holds no secret and nobody's words.
        """
        ...
