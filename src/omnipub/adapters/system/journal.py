"""The journal as structured log lines, each with the level by which people look for it."""

import logging
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

LEVELS: Mapping[str, int] = MappingProxyType(
    dict.fromkeys(
        ("api_broke", "channel_broke", "post_has_another_owner", "record_failed", "release_failed", "worker_broke"),
        logging.ERROR,
    )
    | dict.fromkeys(
        (
            "account_not_marked",
            "account_rests",
            "foreign_record",
            "gate_closed",
            "gate_not_settled",
            "nudge_lost",
            "renewal_failed",
            "stream_failed",
            "stream_put_lost",
            "stream_refused",
        ),
        logging.WARNING,
    )
)
"""Event → level: an error is a mistake of ours or a storage that fails, a warning what heals by itself; else INFO."""


class LogJournal:
    """The `Journal` port over a logger: one line per fact."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger

    def note(self, event: str, **facts: Any) -> None:
        """One fact."""
        level = LEVELS.get(event, logging.INFO)
        self._logger.log(level, event, extra={name: value for name, value in facts.items() if value is not None})

    def close(self) -> None:
        """Close the file."""
        for handler in self._logger.handlers:
            handler.close()


class NoJournal:
    """The `Journal` port of a terminal: a person hears of results, not of each step."""

    def note(self, event: str, **facts: Any) -> None:
        """Nothing."""
