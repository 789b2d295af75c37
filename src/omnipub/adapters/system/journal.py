"""The journal as structured log lines, each with the level by which people look for it."""

import logging
import threading
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from omnipub.adapters.system.log_format import FACTS
from omnipub.log_events import LogEvent

LEVELS: Mapping[LogEvent, int] = MappingProxyType(
    dict.fromkeys(
        (
            LogEvent.API_BROKE,
            LogEvent.CHANNEL_BROKE,
            LogEvent.DELAY_PARKED,
            LogEvent.POST_HAS_ANOTHER_OWNER,
            LogEvent.RECORD_FAILED,
            LogEvent.RELEASE_FAILED,
            LogEvent.WORKER_BROKE,
        ),
        logging.ERROR,
    )
    | dict.fromkeys(
        (
            LogEvent.ACCOUNT_NOT_MARKED,
            LogEvent.ACCOUNT_RESTS,
            LogEvent.DELAY_LOST,
            LogEvent.FOREIGN_RECORD,
            LogEvent.GATE_CLOSED,
            LogEvent.GATE_NOT_SETTLED,
            LogEvent.HAND_OVER_FAILED,
            LogEvent.NOTICE_FAILED,
            LogEvent.RENEWAL_FAILED,
            LogEvent.STREAM_FAILED,
            LogEvent.STREAM_PUT_LOST,
            LogEvent.STREAM_REFUSED,
            LogEvent.WAKE_FAILED,
        ),
        logging.WARNING,
    )
)
"""Event → level. An error is a mistake of ours or a storage that fails, a warning what heals by itself; else INFO."""


class LogJournal:
    """The `Journal` port over a logger: one line per event.

    Args:
        make: Makes the logger. It is called once, before the first line: most commands of a terminal write none.
    """

    def __init__(self, make: Callable[[], logging.Logger]) -> None:
        self._make = make
        self._logger: logging.Logger | None = None
        self._making = threading.Lock()

    def note(self, event: LogEvent, **facts: Any) -> None:
        """Write one line with the facts that have a value."""
        known = {name: value for name, value in facts.items() if value is not None}
        # stacklevel: a line's location is where the event was noted, not this method.
        self._ready().log(LEVELS.get(event, logging.INFO), event, extra={FACTS: known}, stacklevel=2)

    def close(self) -> None:
        """Close the file, if one was opened."""
        for handler in self._logger.handlers if self._logger else ():
            handler.close()

    def _ready(self) -> logging.Logger:
        if self._logger is None:
            with self._making:
                if self._logger is None:
                    self._logger = self._make()
        return self._logger


class NoJournal:
    """The `Journal` port of a terminal: it writes nothing, as people there see results."""

    def note(self, event: LogEvent, **facts: Any) -> None:
        """Write nothing."""
