"""Replaces closed standard streams, so that no file opened later gets their numbers."""

import os
import sys
from contextlib import suppress
from typing import TextIO, cast

from omnipub.errors import InvalidInputError

TEXT_BYTES_AT_MOST = 1024 * 1024
"""More than any text, token or answer has is not read from standard input."""


def stand_in() -> bool:
    """Open the null device for each standard stream that is closed; whether standard output was."""
    closed = sys.stdout is None
    if sys.stdin is None:
        sys.stdin = _null(0, "r")
    if sys.stdout is None:
        sys.stdout = _null(1, "w")
    if sys.stderr is None:
        sys.stderr = _null(2, "w")
    return closed


def discard(stream: TextIO) -> None:
    """Let what is still to be written to an output vanish: the interpreter flushes once more at its end."""
    with suppress(OSError, ValueError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())
        os.close(null)


def read_text(what: str) -> str:
    """All of standard input.

    Args:
        what: What it is read for, for sentences: `text`, `token`.

    Raises:
        InvalidInputError: It cannot be read, is not UTF-8 or is far too long.
    """
    source = getattr(sys.stdin, "buffer", sys.stdin)
    try:
        read = source.read(TEXT_BYTES_AT_MOST + 1)
        text = read.decode() if isinstance(read, bytes) else read
    except UnicodeDecodeError as error:
        if len(error.object) <= TEXT_BYTES_AT_MOST:
            raise InvalidInputError(
                f"The {what} on standard input is not UTF-8.", hint="Convert it with iconv."
            ) from None  # the cause quotes it, and it may be a secret
        read = error.object
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is closed"
        raise InvalidInputError(
            f"The {what} on standard input cannot be read: {reason}.", hint="Pipe it in, or name a file with < FILE."
        ) from error
    if len(read) > TEXT_BYTES_AT_MOST:
        raise InvalidInputError(
            f"The {what} on standard input has more than {TEXT_BYTES_AT_MOST:,} bytes.", hint="See what writes it."
        )
    return text


def read_line() -> str:
    """One line of standard input, "" at its end; a line that is not UTF-8 answers nothing."""
    try:
        return sys.stdin.readline(TEXT_BYTES_AT_MOST)
    except (OSError, ValueError):
        return ""


def _null(number: int, mode: str) -> TextIO:
    with suppress(OSError):
        os.fstat(number)
        return cast("TextIO", open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123  it lasts as long as the process
    opened = os.open(os.devnull, os.O_RDWR)
    if opened != number:
        os.dup2(opened, number)
        os.close(opened)
    return cast("TextIO", open(number, mode, encoding="utf-8"))
