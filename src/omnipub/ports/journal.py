"""The journal of events, from which logs and metrics are made."""

from typing import Any, Protocol

from omnipub.log_events import LogEvent


class Journal(Protocol):
    """What happened, for logs and metrics; never secrets, never content."""

    def note(self, event: LogEvent, **facts: Any) -> None:
        """One fact."""
        ...
