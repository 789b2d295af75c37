"""`omnipub logs tail`: the functions' newest lines, and those that arrive."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import ConfigurationError, InvalidInputError
from omnipub.names import SERVICE
from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.deployment import wall_clock
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Cell, Column, Exact, LineView, StatusCell, StoryView, TableView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from omnipub_cli.deployment.lambda_functions import Functions
    from omnipub_cli.deployment.log_lines import LogEntry, LogLines
    from omnipub_cli.output.json_documents.deployment_documents import LogLineJson, LogsJson

app = typer.Typer(add_completion=False)

COLUMNS = (Column("AT"), Column("FUNCTION"), Column("LEVEL"), Column("MESSAGE"), Column("DETAILS", flexible=True))
LOOK_EVERY = 3.0
"""Seconds between two looks; CloudWatch answers five questions a second, to all who ask."""

LATE = timedelta(seconds=20)
"""Lines may arrive so much later than what they say of themselves; each is shown once."""

LIMIT_AT_MOST = 10_000


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub logs tail --stage dev",
        'omnipub logs tail worker --since 2h --filter \'{ $.level = "ERROR" || $.log_level = "ERROR" }\' --stage prod',
        "omnipub logs tail scheduler --follow --json --stage dev",
    ),
)
def tail(
    context: typer.Context,
    functions: Annotated[
        list[str] | None,
        typer.Argument(metavar="[FUNCTION]...", help="A function, such as api, worker or sender; all without one."),
    ] = None,
    *,
    since: Annotated[str, typer.Option(metavar="TIME", help="From here on: a moment, or how long ago.")] = "15m",
    filter_: Annotated[
        str, typer.Option("--filter", metavar="PATTERN", help="Only lines that fit, in CloudWatch's filter syntax.")
    ] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Go on with those that arrive, until Ctrl-C; JSON is one a line.")
    ] = False,
    limit: Annotated[
        int, typer.Option("--limit", "-L", min=1, max=LIMIT_AT_MOST, metavar="N", help="Begin with the newest N.")
    ] = 100,
    region: aws_stage.Region = "",
) -> None:
    """Show what the functions of a stage on AWS said last, and with --follow what they say."""
    from omnipub_cli.deployment.lambda_functions import NAMES
    from omnipub_cli.framework.since import since_of

    call = call_of(context)
    unknown = [one for one in functions or () if one not in NAMES]
    if unknown:
        raise InvalidInputError(f"There is no function '{unknown[0]}'.", hint=f"There are: {', '.join(NAMES)}.")
    start = since_of(since, "--since", now=wall_clock.now())
    _, target = aws_stage.place(context, region=region)
    with aws_stage.opened(call) as account:
        known = account.functions(target.region)
        wanted = [one for one in NAMES if not functions or one in functions]
        try:
            groups = _groups(known, wanted, stage=target.stage, all_of_them=bool(functions))
        except ConfigurationError:
            aws_stage.present(account, target)  # where nothing at all is, that is what is wrong
            raise
        lines = account.lines(target.region)
        found = _newest(lines, groups, since=start, pattern=filter_, most=limit)
        _show(call, found, at_once=follow)
        if follow:
            _follow(call, lines, groups, found, pattern=filter_)
        elif not found:
            call.output.note("No line of that time fits." if filter_ else "There is no line of that time.")


def _groups(known: Functions, wanted: Sequence[str], *, stage: str, all_of_them: bool) -> Mapping[str, str]:
    """Where each function's lines are.

    One that is not deployed is only missed if it was asked for, or all are.
    """
    groups: dict[str, str] = {}
    missing: ConfigurationError | None = None
    for one in wanted:
        try:
            groups[one] = known.log_group(f"{SERVICE}-{stage}-{one}")
        except ConfigurationError as error:
            missing = error
    if missing and (all_of_them or not groups):
        raise missing
    return groups


def _newest(
    lines: LogLines, groups: Mapping[str, str], *, since: datetime, pattern: str, most: int
) -> Sequence[LogEntry]:
    """The newest lines of all functions together, the oldest first."""
    found = [
        one
        for function, group in groups.items()
        for one in lines.of(function, group, since=since, pattern=pattern, most=most)
    ]
    return sorted(found, key=lambda one: one.at)[-most:]


def _follow(call: Call, lines: LogLines, groups: Mapping[str, str], shown: Sequence[LogEntry], *, pattern: str) -> None:
    """Print what arrives until somebody asks to stop."""
    known = {one.id for one in shown}
    latest = max((one.at for one in shown), default=wall_clock.now())
    try:
        while True:
            found = _newest(lines, groups, since=latest - LATE, pattern=pattern, most=LIMIT_AT_MOST)
            fresh = [one for one in found if one.id not in known]
            _show(call, fresh, at_once=True)
            known = {one.id for one in found}
            latest = max([latest, *(one.at for one in fresh)])
            wall_clock.wait(LOOK_EVERY)
    except KeyboardInterrupt:
        return  # the usual end


def _show(call: Call, found: Sequence[LogEntry], *, at_once: bool) -> None:
    if at_once and call.json:
        for one in found:
            call.output.document_line(_shape(one))
    elif found or call.json:
        document: LogsJson = {"lines": [_shape(one) for one in found]}
        call.output.data(
            _story(found)
            if call.output.look.terminal
            else TableView(columns=COLUMNS, rows=[_cells(one) for one in found]),
            json=document,
            ids=[one.id for one in found],
        )
    call.output.flush()


def _story(found: Sequence[LogEntry]) -> StoryView:
    """For a terminal: lines that may wrap, without a heading, as more of them follow."""
    lines: list[LineView] = []
    for one in found:
        at, function, level, message, details = _cells(one)
        cells = (message.replace("\t", "  ") if isinstance(message, str) else message, details)
        lines.append(LineView([at, function, *([level] if one.level else []), *(cell for cell in cells if cell)]))
    return StoryView(lines=lines)


def _cells(one: LogEntry) -> Sequence[Cell]:
    details = " ".join(f"{name}={value}" for name, value in one.details.items())
    return (Exact(one.at), one.function, StatusCell(one.level.lower()), one.message, details)


def _shape(one: LogEntry) -> LogLineJson:
    from omnipub.domain.timestamps import to_text

    return {
        "id": one.id,
        "at": to_text(one.at),
        "function": one.function,
        "level": one.level or None,
        "message": one.message,
        "details": dict(one.details),
    }
