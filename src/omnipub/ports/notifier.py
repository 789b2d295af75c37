"""What tells people: the targets of notices, and a notice to one of them."""

from collections.abc import Sequence
from typing import Protocol

from omnipub.domain.notice import Notice
from omnipub.errors import OmnipubError


class NoticeRefusedError(OmnipubError):
    """A target answered that it does not take a notice; the message names its host and its answer's number alone.

    Attributes:
        answer: What the target said, as `Notifier.send` gives it; "" if it said nothing that may be shown.
    """

    def __init__(self, message: str, *, answer: str = "") -> None:
        super().__init__(message)
        self.answer = answer


class Notifier(Protocol):
    """Tells people."""

    def targets(self) -> Sequence[str]:
        """The names of all targets, in their order; none if nobody is told.

        Raises:
            UnavailableError: Storage does not say.
        """
        ...

    def send(self, target: str, notice: Notice) -> str:
        """Tell one target; it has taken the notice when this returns.

        Returns:
            What it answered, for whoever tries the target: bounded, on one line, without any secret of the target.

        Raises:
            OmnipubError: It has not, or that is not known; the message holds no secret and nobody's words.
        """
        ...
