"""Where log lines go: standard error on Lambda, a file beside the data on one machine."""

import logging
from contextlib import suppress
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from aws_lambda_powertools.logging.formatter import LambdaPowertoolsFormatter

from omnipub import private_files
from omnipub.config import Settings
from omnipub.names import SERVICE

FILE = "omnipub.log"
FILE_BYTES = 10 * 1024 * 1024


class _File(RotatingFileHandler):
    """A file for its owner alone; a line that finds no room is lost, where the library would print a traceback."""

    def _open(self) -> TextIOWrapper:
        with suppress(OSError):  # the library says it where it opens the file
            private_files.file(Path(self.baseFilename))
        return super()._open()

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  the library's name
        """Lose it."""


def logger_for(settings: Settings) -> logging.Logger:
    """A logger of the system's own: one JSON object per line, with stage and service.

    It is not registered by name: two systems in one process write into their own files.
    """
    handler: logging.Handler = logging.StreamHandler()
    if settings.data:
        path = Path(settings.data) / FILE
        handler = _File(path, maxBytes=FILE_BYTES, backupCount=3, delay=True)
    formatter = LambdaPowertoolsFormatter(utc=True, log_record_order=["timestamp", "level", "message"])
    formatter.append_keys(service=SERVICE, stage=settings.stage)
    handler.setFormatter(formatter)
    logger = logging.Logger(SERVICE, settings.log_level)  # noqa: LOG001  see the docstring
    logger.addHandler(handler)
    return logger
