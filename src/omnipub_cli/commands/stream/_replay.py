"""Carry a replay out: say what it would do, ask, go through the records, and tell what became of each."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import typer

from omnipub.errors import UnavailableError
from omnipub_cli.commands.stream import _records
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.prompts import confirm
from omnipub_cli.framework.signals import deferred
from omnipub_cli.output.views import Column, StatusCell, TableView, TimeOfDay

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from omnipub.ports.stream_reader import StartPosition
    from omnipub.services.stream.replay import Candidate, Replay, ReplayResult
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.table_documents import ReplayedJson, ReplayedRecordJson

COLUMNS = (
    Column("TIME", rank=1),
    Column("SEQUENCE", right=True, rank=2),
    Column("ID"),
    Column("CHANNEL"),
    Column("VERDICT"),
    Column("BECAUSE", flexible=True),
)
PROGRESS = (Column("WHAT"), Column("HOW FAR"))


@dataclass(frozen=True, kw_only=True)
class ReplaySelection:
    """Which records: a span of the stream (`start`, `until`), or parked ones (`ids`, or all).

    Attributes:
        gone: Before which moment records that were asked for may be gone.
    """

    start: StartPosition | None = None
    shard: str = ""
    until: datetime | None = None
    ids: Sequence[str] = ()
    gone: datetime | None = None

    def candidates(self, again: Replay) -> Iterator[Candidate]:
        """The records, read anew each time."""
        if self.start is None or self.until is None:
            return again.given_up(self.ids)
        return again.retained(self.start, until=self.until, shard=self.shard)


@dataclass(kw_only=True)
class ReplayTally:
    """What became of the records so far."""

    rows: list[ReplayResult] = field(default_factory=list)
    interrupted: bool = False

    def verdicts(self) -> dict[str, int]:
        """How many records ended with each verdict."""
        return dict(Counter(one.judged.verdict for one in self.rows).most_common())


def foretell(call: Call, again: Replay, wanted: ReplaySelection, *, reput: bool) -> None:
    """Say what would become of each record, and do nothing."""
    tally = ReplayTally(rows=list(again.foresee(wanted.candidates(again))))
    _print(call, again, wanted, tally, reput=reput, dry_run=True)
    if tally.rows:
        call.output.note("This was a dry run; nothing was sent and nothing written.")


def replay(
    call: Call, system: System, again: Replay, wanted: ReplaySelection, *, reput: bool, rate: int, yes: bool
) -> None:
    """Replay, after a yes.

    Raises:
        GateClosedError: Nothing is sent from this table.
        UnavailableError: The sandbox that it would be sent to does not run.
        typer.Exit: Records were left; what is parked stays parked.
    """
    again.gate.check()
    expected = Counter(one.judged.verdict for one in again.foresee(wanted.candidates(again)))
    count = expected.total()
    tally = ReplayTally()
    if count:
        _may_send(call, expected, reput=reput)
        confirm(call, _question(call, expected, reput=reput), yes=yes)
        _go_through(call, system, again, wanted, tally, count=count, reput=reput, rate=rate)
    _print(call, again, wanted, tally, reput=reput, dry_run=False)
    if reput and tally.rows:
        call.warn_if_nothing_runs()
    if tally.interrupted:
        raise KeyboardInterrupt
    _left(call, tally)


def _go_through(
    call: Call,
    system: System,
    again: Replay,
    wanted: ReplaySelection,
    tally: ReplayTally,
    *,
    count: int,
    reput: bool,
    rate: int,
) -> None:
    """Replay record by record; a batch that has begun is brought to its end."""
    from omnipub.onebox.worker_invoke import HandlerWorker

    candidates = wanted.candidates(again)
    with deferred() as stop_asked, call.output.progress() as progress:

        def until_asked() -> Iterator[Candidate]:
            for one in candidates:
                if stop_asked():
                    tally.interrupted = True
                    return
                yield one

        going = (
            again.reput(until_asked(), rate=rate)
            if reput
            else again.run(until_asked(), worker=HandlerWorker(system), rate=rate)
        )
        for one in going:
            tally.rows.append(one)
            if len(tally.rows) % 10 == 0 or len(tally.rows) == count:
                progress.show(TableView(columns=PROGRESS, rows=[("replayed", f"{len(tally.rows):,} of {count:,}")]))


def _may_send(call: Call, expected: Counter[str], *, reput: bool) -> None:
    """Nothing is tried against a sandbox that does not run: it would cost each delivery a try.

    Raises:
        UnavailableError: It does not run.
    """
    from omnipub.config import Mode
    from omnipub.onebox.data_directory import sandbox_outside
    from omnipub.services.stream.replay import FORESEEN

    sandboxed = call.settings.mode is Mode.SANDBOX and not sandbox_outside(call.settings.mode)
    if sandboxed and not reput and call.running is None and FORESEEN & expected.keys():
        raise UnavailableError(
            "The sandbox does not run, so what is due cannot be sent.",
            hint=f"Start it in another terminal: `{call.typed('up')}`; or add --reput, and it is sent when that runs.",
        )


def _question(call: Call, expected: Counter[str], *, reput: bool) -> str:
    what = ", ".join(f"{count} {verdict.replace('_', ' ')}" for verdict, count in expected.most_common())
    how = "puts the pointers on the stream again" if reput else "gives them to the worker now"
    if call.on_aws:
        how = f"puts the pointers on the stream of stage {call.stage} again, whose worker sends what is due"
    where = "posts are real" if call.settings.mode.value == "live" else "sandbox"
    return f"Records: {expected.total()} ({what}). The replay {how} ({where}); what is out is not sent again."


def _print(
    call: Call, again: Replay, wanted: ReplaySelection, tally: ReplayTally, *, reput: bool, dry_run: bool
) -> None:
    from omnipub.domain.timestamps import to_text

    shapes = [_shape(one) for one in tally.rows]
    rows = [
        (
            TimeOfDay(one.candidate.record.arrived_at, exact=True),
            one.candidate.record.sequence,
            shape["id"],
            shape["channel"],
            StatusCell(one.judged.verdict),
            "" if _says_itself(one) else one.judged.why,
        )
        for one, shape in zip(tally.rows, shapes, strict=True)
    ]
    heads = [_records.day(one.candidate.record, call) for one in tally.rows]
    parked = again.parked.count()
    document: ReplayedJson = {
        "dry_run": dry_run,
        "reput": reput,
        "gone_before": to_text(wanted.gone) if wanted.gone else None,
        "interrupted": tally.interrupted,
        "verdicts": tally.verdicts(),
        "parked": parked,
        "records": shapes,
    }
    call.output.data(
        *([TableView(columns=COLUMNS, rows=rows, heads=heads)] if rows else []),
        json=document,
        ids=[one.candidate.record.sequence for one in tally.rows],
    )
    _records.say_gone(call, wanted.gone)
    if tally.rows:
        call.output.note(", ".join(f"{name.replace('_', ' ')}: {count}" for name, count in tally.verdicts().items()))
    else:
        call.output.note("There is no such record." if wanted.start else "No record is parked.")
        call.output.hint(f"See what the stream holds: {call.typed('stream stats')}")


def _says_itself(one: ReplayResult) -> bool:
    """Whether the verdict is its own reason."""
    return one.judged.verdict == one.judged.why.replace(" ", "_")


def _left(call: Call, tally: ReplayTally) -> None:
    from omnipub.services.stream.replay import UNDONE

    left = [one for one in tally.rows if one.judged.verdict in UNDONE]
    if left:
        call.output.warn(f"Not done: {len(left)}. The table still knows what is due.")
        call.output.hint(f"Dispatch it from there: {call.typed('schedule run-now')}")
        raise typer.Exit(ExitCode.FAILURE)


def _shape(one: ReplayResult) -> ReplayedRecordJson:
    return {
        **_records.shape(one.candidate.record),
        "parked": bool(one.candidate.parked),
        "verdict": one.judged.verdict,
        "because": one.judged.why,
    }
