"""Errors as they are printed, and the two ways in which output itself can fail."""

from collections.abc import Sequence
from dataclasses import dataclass


class OutputClosedError(Exception):
    """Nobody reads our output any more; this is no error that a person must see."""


class OutputLostError(Exception):
    """Our output cannot be written, as the disk is full; what the command did stands."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """An error, judged: what is said, and how the process ends.

    Attributes:
        code: Exit code.
        prefix: First word on the terminal; empty says nothing at all.
        kind: The error's name for programs, e.g. `not_found`.
        problems: (field, sentence) pairs.
        trace: A traceback, only if it was asked for.
    """

    code: int
    prefix: str = ""
    kind: str = ""
    message: str = ""
    hint: str = ""
    problems: Sequence[tuple[str, str]] = ()
    trace: str = ""
