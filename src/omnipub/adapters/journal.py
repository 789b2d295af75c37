"""The journal as structured log lines."""

from typing import Any

from aws_lambda_powertools import Logger


class LogJournal:
    """The `Journal` port over Powertools' logger: one JSON line per fact."""

    def __init__(self, logger: Logger) -> None:
        self._logger = logger

    def note(self, event: str, **facts: Any) -> None:
        """One fact."""
        self._logger.info(event, extra={name: value for name, value in facts.items() if value is not None})
