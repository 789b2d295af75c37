"""The journal of events, from which logs and metrics are made."""

from typing import Any, Protocol


class Journal(Protocol):
    """What happened, for logs and metrics; never secrets, never content."""

    def note(self, event: str, **facts: Any) -> None:
        """One fact."""
        ...
