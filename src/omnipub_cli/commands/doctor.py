"""`omnipub doctor`: everything that can be wrong, and what to type next."""

from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Cell, Column, LineView, StatusCell, StoryView, TableView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omnipub.hints import Hint
    from omnipub.services.health.finding import Finding
    from omnipub_cli.output.json_documents.machine_documents import DoctorJson

app = typer.Typer(add_completion=False)

FINDINGS = (Column("CHECK"), Column("VERDICT"), Column("AT"), Column("WHAT"), Column("NEXT"))


@app.command(cls=Command, epilog=examples("omnipub doctor", "omnipub doctor --json", "omnipub doctor --quiet"))
def doctor(context: typer.Context) -> None:
    """Look at everything that can be wrong and say what to type next; exit 1 if something is."""
    from omnipub.domain.timestamps import to_text
    from omnipub.services.health.finding import Health
    from omnipub_cli.framework.exit_codes import ExitCode

    call = call_of(context)
    found = list(_findings(call))
    typed = [one.elsewhere or _typed(call, one.next) for one in found]
    worst = {one.health for one in found}
    document: DoctorJson = {
        "ok": Health.BAD not in worst,
        "findings": [
            {
                "name": one.name,
                "verdict": one.health.value,
                "what": one.what,
                "at": to_text(one.at) if one.at else None,
                "next": words or None,
            }
            for one, words in zip(found, typed, strict=True)
        ],
    }
    call.output.data(
        _story(found, typed) if call.output.look.terminal else _table(found, typed),
        json=document,
        ids=[one.name for one in found if one.health is not Health.OK],
    )
    for health, plain in ((Health.BAD, "Wrong"), (Health.WARN, "Worth a look")):
        count = sum(one.health is health for one in found)
        if count:
            call.output.note(f"{plain}: {count}.")
    if Health.BAD in worst:
        raise typer.Exit(ExitCode.FAILURE)
    if worst == {Health.OK}:
        call.output.note("All is well.")


def _typed(call: Call, step: "Hint | str") -> str:
    """The whole command line of what a finding says to do next."""
    if isinstance(step, str):
        return call.typed(step) if step else ""
    return call.command_of(step)


def _table(found: "Sequence[Finding]", typed: "Sequence[str]") -> TableView:
    rows: list[Sequence[Cell]] = [
        (one.name, StatusCell(one.health.value), one.at, one.what, words)
        for one, words in zip(found, typed, strict=True)
    ]
    return TableView(columns=FINDINGS, rows=rows)


def _story(found: "Sequence[Finding]", typed: "Sequence[str]") -> StoryView:
    """The same for a terminal: sentences that may wrap, and each command on a line of its own."""
    lines: list[LineView] = []
    for one, words in zip(found, typed, strict=True):
        state = StatusCell(one.health.value)
        lines.append(
            LineView((state, f"{one.name}:", one.what, *([one.at] if one.at else [])), indent=4 - len(state.value))
        )
        if words:
            lines.append(LineView(("next:", words), indent=7, whole=True))
    return StoryView(lines=lines)


def _findings(call: Call) -> "Iterator[Finding]":
    from omnipub import user_directories
    from omnipub.errors import OmnipubError
    from omnipub.onebox import machine_checks
    from omnipub.services.health.finding import Finding, Health
    from omnipub.services.notify.told import reports, told

    if call.on_aws:
        from omnipub_cli.deployment import stage_checkup

        yield from stage_checkup.look(call.staged)
        return
    yield from machine_checks.look(call.directory, call.state_directory or user_directories.state())
    if not machine_checks.can_be_opened(call.directory):
        return
    try:
        with call.system() as system:
            start = machine_checks.start_of(call.directory)
            yield from system.checkup.look(call.owner, running=call.running is not None, start=start)
            yield from machine_checks.connected(system, call.owner)
            yield from machine_checks.stream(system)
            yield from told(reports(system.notice_targets.all(), system.notices.all()))
    except OmnipubError as error:
        # A check-up that breaks off is itself what is wrong.
        what = f"What the table says could not be looked at to the end: {error.message} {call.worded(*error.hints)}"
        yield Finding(name="table", health=Health.BAD, what=what.strip())
