"""Deliver a batch of the stream's records: accounts side by side, each in its order, within a budget of time."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from omnipub.domain.timestamps import EPOCH
from omnipub.errors import GateClosedError, OmnipubError
from omnipub.log_events import LogEvent
from omnipub.ports.hand_over import HandOver
from omnipub.ports.stream import Pointer, Stream
from omnipub.ports.threads import ThreadPool
from omnipub.services.accounts.token_refresh import TokenRefresh
from omnipub.services.base import Base
from omnipub.services.delivery.publish import ALONE, Publisher
from omnipub.services.protocol.gate import Gate


@dataclass(kw_only=True)
class _Batch:
    """What is under way of one batch.

    Attributes:
        deadline: From then on nothing new is begun.
        failures: Records that our own storage failed on.
        left: Records that were not begun in time.
        deadly: Records whose delivery a worker died with.
    """

    deadline: datetime
    failures: dict[Pointer, OmnipubError] = field(default_factory=dict)
    left: list[Pointer] = field(default_factory=list)
    deadly: list[Pointer] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class BatchPublisher:
    """Runs batches.

    Attributes:
        budget: After this long a batch starts nothing new.
        slots: Sends of one network side by side.
        hand_over: What gives a run of its own to a delivery that a worker died with; None where there is none.
    """

    base: Base
    deliver: Publisher
    token_refresh: TokenRefresh
    gate: Gate
    stream: Stream
    threads: ThreadPool
    budget: timedelta
    slots: int
    hand_over: HandOver[Pointer] | None = None

    def run(self, pointers: Sequence[Pointer]) -> Mapping[Pointer, OmnipubError]:
        """Deliver a batch; the records that our own storage failed on.

        Everything else that goes wrong goes back to the table, and the record is done. A delivery that a
        worker died with gets a run of its own: should it kill this one as well, nobody dies with it. Where there are
        no such runs, it comes last and alone. If there was no time for it, it is the first of the next batch with its
        record. So no backlog keeps it waiting.
        """
        try:
            self.gate.check()
        except GateClosedError as error:
            # Acknowledged: after an adoption the ticks find what is still to be sent.
            self.base.journal.note(LogEvent.GATE_CLOSED, records=len(pointers), why=error.message)
            return {}
        batch = _Batch(deadline=self.base.clock.now() + self.budget)
        first = next((pointer for pointer in pointers if pointer.why == ALONE), None)
        if first is not None:
            self._alone(batch, first)
        self.threads.work(self._lanes(batch, [one for one in pointers if one != first]), self.slots)
        for pointer in sorted(batch.deadly, key=lambda pointer: (pointer.pk, pointer.sk)):
            self._alone(batch, pointer)
        if batch.left:
            # They are due in the table, so a put that fails here only costs time.
            why = {pointer: ALONE if pointer in batch.deadly else "postponed" for pointer in batch.left}
            self.stream.put([replace(pointer, why=why[pointer]) for pointer in batch.left])
        # Tokens that are due come last, when nothing of this batch waits; a quarter of the run's time stays free.
        groups = {pointer.group for pointer in pointers}
        self.token_refresh.ahead(groups, until=batch.deadline + self.budget / 2)
        return batch.failures

    def _lanes(self, batch: _Batch, pointers: Sequence[Pointer]) -> Mapping[str, Sequence[Callable[[], None]]]:
        """Network → a task per account, so that a slow network takes no slot of another."""
        groups: dict[str, list[Pointer]] = defaultdict(list)
        for pointer in dict.fromkeys(pointers):
            groups[pointer.group].append(pointer)
        alone = self.hand_over is not None and len(groups) == 1  # a run of one account sends one after the other
        lanes: dict[str, list[Callable[[], None]]] = defaultdict(list)
        for name, group in groups.items():
            lanes[name.partition("/")[0]].append(lambda group=group: self._each(batch, group, alone=alone))  # type: ignore[misc]
        return lanes

    def _alone(self, batch: _Batch, pointer: Pointer) -> None:
        self.threads.alone(lambda: self._each(batch, [pointer], alone=True))

    def _apart(self, pointer: Pointer) -> bool:
        """Hand a pointer over to a run of its own, once. It is not claimed here: a death there is not this run's."""
        if self.hand_over is None or pointer.why == ALONE:
            return False
        return not self.hand_over.hand_over({pointer.group: [replace(pointer, why=ALONE)]})

    def _each(self, batch: _Batch, pointers: Sequence[Pointer], *, alone: bool) -> None:
        # What is due before what has to be waited for; the order of the rest stays.
        for pointer in sorted(pointers, key=lambda one: one.at or EPOCH):
            if self.base.clock.now() >= batch.deadline:
                batch.left.append(pointer)
                continue
            try:
                if self.deliver.one(pointer, alone=alone).verdict == ALONE and not self._apart(pointer):
                    batch.deadly.append(pointer)
            except GateClosedError as error:
                self.base.journal.note(LogEvent.GATE_CLOSED, records=1, why=error.message)  # acknowledged, as above
            except OmnipubError as error:
                batch.failures[pointer] = error
            except Exception as error:  # noqa: BLE001  a mistake of ours in one record must not hold the shard
                self.base.journal.note(LogEvent.WORKER_BROKE, pk=pointer.pk, sk=pointer.sk, error=repr(error))
