"""Where log lines go: standard error on Lambda, a file beside the data on one machine."""

import logging
from pathlib import Path

from omnipub.adapters.system.log_format import JsonFormatter
from omnipub.config import Settings
from omnipub.names import SERVICE

FILE = "omnipub.log"


def logger_for(settings: Settings) -> logging.Logger:
    """Return a logger of this system alone: one JSON object per line, with service and stage.

    It is not registered by name: two systems in one process write into their own files.
    """
    handler: logging.Handler
    if settings.data:
        from omnipub.adapters.system.log_file import LogFile  # it imports what Lambda has no use for

        handler = LogFile(Path(settings.data) / FILE)
    else:
        handler = logging.StreamHandler()
    handler.setFormatter(JsonFormatter({"service": SERVICE, "stage": settings.stage}))
    logger = logging.Logger(SERVICE, settings.log_level)  # noqa: LOG001  see the docstring
    logger.addHandler(handler)
    return logger
