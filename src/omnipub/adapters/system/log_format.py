"""Log lines as JSON: one object per line, in the field names that Powertools for AWS Lambda uses."""

import logging
import os
import time
from json import dumps
from typing import Any

FACTS = "facts"
"""The attribute of a record that holds an event's facts; `LogJournal` sets it."""

TRACE = "_X_AMZN_TRACE_ID"
"""The variable in which Lambda tells a function the id of the current trace."""


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object.

    Args:
        constant: Fields that every line has, such as the stage.
    """

    def __init__(self, constant: dict[str, str]) -> None:
        super().__init__()
        self._constant = constant

    def format(self, record: logging.LogRecord) -> str:
        """Return the line; a fact never takes the place of a field that every line has."""
        line: dict[str, Any] = {
            "timestamp": self.formatTime(record),
            "level": record.levelname,
            "message": record.getMessage(),
            "location": f"{record.funcName}:{record.lineno}",
            **self._constant,
        }
        facts = getattr(record, FACTS, {})
        line |= {name: value for name, value in facts.items() if name not in line}
        if record.exc_info and record.exc_info[0]:
            line |= {"exception": self.formatException(record.exc_info), "exception_name": record.exc_info[0].__name__}
        if trace := os.environ.get(TRACE):
            line["xray_trace_id"] = trace.partition(";")[0].removeprefix("Root=")
        return dumps(line, default=str, ensure_ascii=False, separators=(",", ":"))

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802  the library's signature
        """Return the record's time by RFC 3339, in UTC to the millisecond: 2026-05-03T10:20:19.650Z.

        Lambda takes a line with another time for one of level INFO.
        """
        return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(record.created))}.{int(record.msecs):03}Z"
