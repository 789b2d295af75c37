"""omnipub's own errors: what went wrong, what would have been allowed, what to do next.

Edges translate them by table: HTTP status in `handlers.problems`, exit code in `omnipub_cli.framework.failures`.
"""

from collections.abc import Sequence

from omnipub.hints import Advice, parts, plain


class OmnipubError(Exception):
    """Base of every error a person may see; `hints` say what to do next, each edge in its own words."""

    def __init__(self, message: str, *, hint: Advice = "") -> None:
        super().__init__(message)
        self.message = message
        self.hints = parts(hint)

    def advise(self, hint: Advice) -> None:
        """Say something else to do next than where it was raised."""
        self.hints = parts(hint)

    @property
    def hint(self) -> str:
        """What of `hints` is plain advice, which every edge may print as it is."""
        return plain(self.hints)


class InvalidInputError(OmnipubError):
    """The request cannot be accepted as written; `problems` lists (field, sentence) pairs."""

    def __init__(self, message: str, *, hint: Advice = "", problems: Sequence[tuple[str, str]] = ()) -> None:
        super().__init__(message, hint=hint)
        self.problems = tuple(problems)


class NotFoundError(OmnipubError):
    """Nothing of that name is visible to the caller; another owner's item counts as absent."""


class ConflictError(OmnipubError):
    """The request contradicts what is already there."""


class KeyReusedError(OmnipubError):
    """An Idempotency-Key came back with another body."""


class IllegalTransitionError(ConflictError):
    """The delivery's state does not allow that event; the message names the legal ones."""


class UnavailableError(OmnipubError):
    """Our own storage or stream did not take the request; trying again later may succeed."""


class ConfigurationError(OmnipubError):
    """A setting is missing or makes no sense; the message says what would have been allowed."""


class ForbiddenAddressError(OmnipubError):
    """A user-given URL leads where omnipub must not connect."""


class GateClosedError(ConflictError):
    """The table is a copy, or older than what ran here last.

    Nothing is sent from it until it is adopted.
    """


class SealBrokenError(OmnipubError):
    """A sealed secret cannot be opened with this key."""
