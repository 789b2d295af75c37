"""The log file of one machine, which its owner alone can read."""

from contextlib import suppress
from io import TextIOWrapper
from logging import LogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

from omnipub import private_files

AT_MOST = 10 * 1024 * 1024
"""Bytes of a file; then it is renamed, and a new one begins."""

KEPT = 3
"""Older files that stay."""


class LogFile(RotatingFileHandler):
    """Appends lines to a file; a line that the disk cannot take is lost.

    Args:
        path: The file; it is made when the first line is written.
    """

    def __init__(self, path: Path) -> None:
        super().__init__(path, maxBytes=AT_MOST, backupCount=KEPT, delay=True)

    def _open(self) -> TextIOWrapper:
        with suppress(OSError):  # the library raises the same where it opens the file
            private_files.file(Path(self.baseFilename))
        return super()._open()

    def handleError(self, record: LogRecord) -> None:  # noqa: N802  the library's name
        """Lose the line; the library would print a traceback."""
