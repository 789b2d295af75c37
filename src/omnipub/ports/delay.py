"""The delay queue: it holds pointers until shortly before their moments."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from omnipub.ports.stream import Pointer


@dataclass(frozen=True, kw_only=True)
class DueSoon:
    """A pointer, and the moment of its delivery, which lies within the scheduler's horizon."""

    pointer: Pointer
    at: datetime


class Delay(Protocol):
    """Wakes at a moment: puts pointers on the stream a lead before theirs, once or more often. It may lose some."""

    def put(self, due: Sequence[DueSoon]) -> Sequence[DueSoon]:
        """Take pointers whose moments are minutes away at most; returns those that were not taken.

        What is taken is kept until it is on the stream, or for a while only. The ticks find what is lost. Moments may
        be cut to whole seconds, towards the past; whoever sends waits the rest.
        """
        ...
