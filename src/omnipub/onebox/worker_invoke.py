"""The worker as a replay on one machine calls it: its own handler, in this process, with a genuine event."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from omnipub.adapters.local.sqlite.stream import StoredRecord
from omnipub.domain.timestamps import EPOCH, milliseconds
from omnipub.handlers import worker
from omnipub.log_events import LogEvent
from omnipub.onebox.aws_events import LambdaContext, kinesis_event, sequence_of
from omnipub.ports.invoke import Judgement
from omnipub.ports.journal import Journal
from omnipub.ports.stream import StreamRecord
from omnipub.services.stream.replay import STORAGE_FAILED, WORKER_BROKE, worker_verdict
from omnipub.services.stream.wire_format import pointer_from_text
from omnipub.wiring.assemble import System, assemble


class HandlerWorker:
    """The `Invoke` port. The handler answers with failures only; its verdicts are read from what it notes."""

    def __init__(self, system: System) -> None:
        system.gate.join()
        self._heard = _RecordingJournal(system.world.journal)
        listened = assemble(system.settings, replace(system.world, journal=self._heard), system.channels)
        self._handler = worker.build(listened)

    def invoke(self, records: Sequence[StreamRecord]) -> Mapping[str, Judgement]:
        """Run the handler; the verdicts by sequence."""
        self._heard.verdicts.clear()
        event = kinesis_event([_record(one) for one in records])
        answer = self._handler(event, LambdaContext(function_name="omnipub-worker"))
        failed = {sequence_of(one["itemIdentifier"]) for one in answer["batchItemFailures"]}
        verdicts: dict[str, Judgement] = {}
        for one in records:
            pointer = pointer_from_text(one.data)
            heard = self._heard.verdicts.get((pointer.pk, pointer.sk)) if pointer else None
            if int(one.sequence) in failed:
                verdicts[one.sequence] = STORAGE_FAILED
            elif heard is not None:
                verdicts[one.sequence] = heard
        return verdicts


class _RecordingJournal:
    """A journal that passes everything on and keeps the worker's verdicts."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self.verdicts: dict[tuple[str, str], Judgement] = {}

    def note(self, event: LogEvent, **facts: Any) -> None:
        """One fact."""
        self._journal.note(event, **facts)
        if event is LogEvent.RECORD_DONE:
            self.verdicts[facts["pk"], facts["sk"]] = worker_verdict(facts["verdict"], facts["why"])
        elif event is LogEvent.WORKER_BROKE:
            self.verdicts[facts["pk"], facts["sk"]] = WORKER_BROKE


def _record(record: StreamRecord) -> StoredRecord:
    return StoredRecord(
        sequence=int(record.sequence),
        partition_key=record.partition_key,
        data=record.data,
        arrived_ms=milliseconds(record.arrived_at - EPOCH),
    )
