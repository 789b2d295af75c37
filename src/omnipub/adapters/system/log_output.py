"""Where log lines go: standard error on Lambda, a file beside the data on one machine."""

import logging
from pathlib import Path

from omnipub.adapters.system.log_format import JsonFormatter
from omnipub.config import Settings
from omnipub.log_events import COUNTED
from omnipub.names import SERVICE

FILE = "omnipub.log"


def logger_for(settings: Settings) -> logging.Logger:
    """Return a logger of this system alone: one JSON object per line, with service and stage.

    It is not registered by name: two systems in one process write into their own files. On Lambda the lines that
    figures are counted from are written whatever the level. Without them the alarm on silence would stay red.
    """
    handler: logging.Handler
    least = wanted = logging.getLevelNamesMapping()[settings.log_level]
    if settings.data:
        from omnipub.adapters.system.log_file import LogFile  # it imports what Lambda has no use for

        handler = LogFile(Path(settings.data) / FILE)
    else:
        handler = logging.StreamHandler()
        handler.addFilter(lambda record: record.levelno >= wanted or record.msg in COUNTED)
        least = min(wanted, logging.INFO)
    handler.setFormatter(JsonFormatter({"service": SERVICE, "stage": settings.stage}))
    logger = logging.Logger(SERVICE, least)  # noqa: LOG001  see the docstring
    logger.addHandler(handler)
    return logger
