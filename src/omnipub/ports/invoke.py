"""Calls the worker with records that are replayed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from omnipub.ports.stream import StreamRecord


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What became of a record: a word for programs, and why."""

    verdict: str
    why: str = ""


class WorkerInvoker(Protocol):
    """Calls the worker with a genuine batch."""

    def invoke(self, records: Sequence[StreamRecord]) -> Mapping[str, Judgement]:
        """Run the worker with records of one shard, no two about the same delivery; the verdicts by sequence.

        A record that the worker did not come to has none.
        """
        ...
