"""The journal as structured log lines."""

import logging
from typing import Any


class LogJournal:
    """The `Journal` port over a logger: one line per fact."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def note(self, event: str, **facts: Any) -> None:
        """One fact."""
        self._logger.info(event, extra={name: value for name, value in facts.items() if value is not None})

    def close(self) -> None:
        """Close the file."""
        for handler in self._logger.handlers:
            handler.close()
