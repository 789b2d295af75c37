"""What can go wrong in a deployment and is not already an error of omnipub's."""

from collections.abc import Sequence

from omnipub.errors import ConfigurationError, OmnipubError

DEBUG = "OMNIPUB_DEBUG"
"""The variable that asks for everything that a tool says, and for a traceback."""


class NotBuiltError(OmnipubError):
    """It has a name and a place, but nobody has built it yet."""


class DeploymentFailedError(OmnipubError):
    """AWS or a tool began what it was asked for and did not bring it to its end."""


class MissingError(ConfigurationError):
    """Something must be there first; `problems` lists (name, sentence) pairs of what else is missing."""

    def __init__(self, message: str, *, hint: str = "", problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)
