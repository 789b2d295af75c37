"""Where log lines go: standard output on Lambda, a file beside the data on one machine."""

import logging
from logging.handlers import RotatingFileHandler
from pathlib import Path

from aws_lambda_powertools import Logger

from omnipub.config import Settings
from omnipub.names import SERVICE

FILE = "omnipub.log"
FILE_BYTES = 10 * 1024 * 1024


def logger_for(settings: Settings) -> Logger:
    """The stage's logger: one JSON object per line, with a stage and a service."""
    if settings.data:
        path = Path(settings.data) / FILE
        handler: logging.Handler = RotatingFileHandler(path, maxBytes=FILE_BYTES, backupCount=3, delay=True)
    else:
        handler = logging.StreamHandler()
    logger = Logger(
        service=SERVICE,
        level=settings.log_level,
        name=f"{SERVICE}.{settings.data or settings.stage}",
        logger_handler=handler,
    )
    logger.append_keys(stage=settings.stage)
    return logger
