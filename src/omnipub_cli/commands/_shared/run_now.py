"""Tell what a run-now did: each delivery, the counts, and what was left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.output.views import Column, StatusCell, TableView

if TYPE_CHECKING:
    from omnipub.services.scheduling.run_now import RunNowReport, RunNowResult
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.message_documents import DispatchedDeliveryJson, RunNowJson

COLUMNS = (Column("ID"), Column("CHANNEL"), Column("RESULT"), Column("WHY", flexible=True))


def show_report(call: Call, report: RunNowReport, *, dry_run: bool) -> None:
    """Show the report and what to type next.

    Raises:
        typer.Exit: The stream did not take everything.
    """
    lines = [_line(one) for one in report.rows]
    rows = [(line["id"], line["channel"], _result(line), line["why"]) for line in lines]
    document: RunNowJson = {
        "dry_run": dry_run,
        "dispatched": report.dispatched,
        "skipped": report.skipped,
        "left_out": report.left_out,
        "deliveries": lines,
    }
    call.output.data(
        *([TableView(columns=COLUMNS, rows=rows)] if rows else []),
        json=document,
        ids=list(dict.fromkeys(line["id"] for line in lines if line["ready" if dry_run else "dispatched"])),
    )
    if report.left_out:
        listed, whole = len(lines), len(lines) + report.left_out
        call.output.announce(
            f"The list is short: {listed:,} of {whole:,} deliveries. All of them were gone through.",
            json={"listed": listed, "deliveries": whole},
        )
    if dry_run:
        ready = sum(one.ready for one in report.rows)
        call.output.note(f"This was a dry run; nothing was dispatched. Ready at this moment: {ready:,}.")
    else:
        _print(call, report)


def _print(call: Call, report: RunNowReport) -> None:
    if report.dispatched:
        call.output.note(
            f"Dispatched: {report.dispatched}. A worker asks the table before it sends, so none goes out twice."
        )
        call.warn_if_nothing_runs()
    elif not report.lost:
        call.output.note("Nothing is due now.")
        call.output.hint(f"See what is due when: {call.typed('schedule list')}")
    if report.lost:
        call.output.warn(f"The stream did not take {report.lost}. The table still knows what is due.")
        call.output.hint(f"Dispatch it again in a moment: {call.typed('schedule run-now')}")
        raise typer.Exit(ExitCode.FAILURE)


def _line(one: RunNowResult) -> DispatchedDeliveryJson:
    from omnipub.storage.keys import parent_of

    parent = parent_of(one.pk)
    return {
        "id": parent.id if parent else one.pk,
        "channel": one.channel,
        "ready": one.ready,
        "dispatched": one.dispatched,
        "why": one.why,
    }


def _result(line: DispatchedDeliveryJson) -> StatusCell:
    """Dispatched or not; of what nobody dispatched, whether it could be."""
    if line["dispatched"]:
        return StatusCell("dispatched")
    return StatusCell("ready" if line["ready"] else "not now")
