"""`omnipub status`: how a stage on AWS stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import OmnipubError
from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.deployment import wall_clock
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Cell, Column, RecordView, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnipub_cli.deployment.account import AwsAccount
    from omnipub_cli.deployment.history import DeploymentRecord as Deployed
    from omnipub_cli.deployment.ports import DriftedResource, Stack
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.output.json_documents.deployment_documents import StageStatusJson

app = typer.Typer(add_completion=False)

STACKS = (Column("STACK"), Column("STATUS"), Column("CHANGED"), Column("DRIFT"), Column("NEXT", flexible=True))
DRIFTED = (Column("STACK"), Column("RESOURCE"), Column("TYPE"), Column("DRIFT"), Column("PROPERTIES", flexible=True))


@app.command(cls=Command, epilog=examples("omnipub status --stage dev", "omnipub status --stage prod --detect-drift"))
def status(
    context: typer.Context,
    *,
    region: aws_stage.Region = "",
    detect_drift: Annotated[
        bool,
        typer.Option(
            "--detect-drift",
            help="Let CloudFormation compare the stacks with what is there; it takes minutes. Exit 1 if they differ.",
        ),
    ] = False,
) -> None:
    """Show a stage's stacks on AWS, what was deployed last, and by whom; exit 1 if a stack needs somebody."""
    from omnipub_cli.deployment import stack_state
    from omnipub_cli.deployment.stacks import region_of
    from omnipub_cli.framework.exit_codes import ExitCode

    call = call_of(context)
    _, target = aws_stage.place(context, region=region)
    with aws_stage.opened(call) as account:
        found = aws_stage.present(account, target)
        if detect_drift:
            found = _compared(call, account, target, found)
        drifted = {
            short: account.stacks(region_of(short, target.region)).drifted(stack.name)
            for short, stack in found.items()
            if stack.drift == "DRIFTED"
        }
        _print(call, target, found, drifted, last=_last(call, account, target))
    if any(stack_state.ground(one) is stack_state.StackReadiness.BROKEN for one in found.values()) or (
        detect_drift and drifted
    ):
        raise typer.Exit(ExitCode.FAILURE)


def _compared(call: Call, account: AwsAccount, target: Target, found: Mapping[str, Stack]) -> Mapping[str, Stack]:
    """The stacks as they are once CloudFormation has compared them."""
    from omnipub_cli.deployment.drift import DriftComparison
    from omnipub_cli.deployment.stacks import region_of

    call.output.note("CloudFormation compares the stacks with what is there …")
    comparison = DriftComparison(wait=wall_clock.wait)
    compared = comparison.run(
        {short: (stack, account.stacks(region_of(short, target.region))) for short, stack in found.items()}
    )
    for sentence in comparison.untold:
        call.output.warn(sentence)
    return compared


def _last(call: Call, account: AwsAccount, target: Target) -> Deployed | None:
    """The last deployment; a stage whose records cannot be read is shown without it."""
    from omnipub_cli.commands._shared import deployment

    try:
        return deployment.records(account, target).last()
    except OmnipubError as error:
        call.output.warn(f"What was deployed last cannot be told: {error.message}")
        return None


def _print(
    call: Call,
    target: Target,
    found: Mapping[str, Stack],
    drifted: Mapping[str, Sequence[DriftedResource]],
    *,
    last: Deployed | None,
) -> None:
    from omnipub.domain.timestamps import to_text
    from omnipub_cli.commands._shared import deployment_views
    from omnipub_cli.deployment.served_version import served
    from omnipub_cli.deployment.stacks import id_of

    nexts = {short: _next(short, stack, target) for short, stack in found.items()}
    console, version = served(found.get("Frontend"))
    rows: list[Sequence[Cell]] = [
        (id_of(short), stack.status, stack.changed_at, StatusCell(stack.drift.lower()), nexts[short])
        for short, stack in found.items()
    ]
    record = RecordView(
        fields=(
            ("stage", target.stage),
            ("region", target.region),
            ("version", last.version if last else ""),
            ("deployed", last.at if last else None),
            ("by", last.by if last else ""),
            ("state", StatusCell(last.state.value) if last else ""),
            ("console", version),
        )
    )
    document: StageStatusJson = {
        "stage": target.stage,
        "region": target.region,
        "deployment": deployment_views.record_json(last),
        "console": console or None,
        "stacks": [
            {
                "stack": id_of(short),
                "name": stack.name,
                "status": stack.status,
                "why": stack.why or None,
                "changed_at": to_text(stack.changed_at) if stack.changed_at else None,
                "drift": stack.drift,
                "drifted": [
                    {
                        "resource": one.logical,
                        "id": one.physical or None,
                        "type": one.kind,
                        "drift": one.how,
                        "properties": list(one.because),
                    }
                    for one in drifted.get(short, ())
                ],
                "next": nexts[short] or None,
            }
            for short, stack in found.items()
        ],
    }
    call.output.data(
        record,
        TableView(columns=STACKS, rows=rows),
        *([_differences(drifted)] if drifted else []),
        json=document,
        ids=[id_of(short) for short in found],
    )
    _print_next(call, target, found, nexts, last=last)


def _print_next(
    call: Call, target: Target, found: Mapping[str, Stack], nexts: Mapping[str, str], *, last: Deployed | None
) -> None:
    """What needs somebody, in sentences: a terminal has no room for a command in a table."""
    from omnipub_cli.deployment.stack_state import BROKEN, StackReadiness, ground

    for short, command in nexts.items():
        if command:
            remedy = BROKEN.get(found[short].status)
            call.output.warn(f"{found[short].name} {remedy.sentence if remedy else 'is not as its template says'}.")
            call.output.hint(f"{'Put it right' if remedy else 'See what differs'}: {command}")
    if last and last.state.value == "begun":
        busy = any(ground(one) is StackReadiness.BUSY for one in found.values())
        call.output.warn(f"The last deployment {'goes on, or was left alone' if busy else 'did not come to its end'}.")
        call.output.hint(f"Go on with it: omnipub deploy --infra serverless --stage {target.stage}")


def _differences(drifted: Mapping[str, Sequence[DriftedResource]]) -> TableView:
    from omnipub_cli.deployment.stacks import id_of

    rows: list[Sequence[Cell]] = [
        (id_of(short), one.logical, one.kind, StatusCell(one.how.lower()), ", ".join(one.because))
        for short, found in drifted.items()
        for one in found
    ]
    return TableView(columns=DRIFTED, rows=rows)


def _next(short: str, stack: Stack, target: Target) -> str:
    from omnipub_cli.deployment.drift import INSPECT
    from omnipub_cli.deployment.stack_state import BROKEN
    from omnipub_cli.deployment.stacks import region_of

    remedy = BROKEN.get(stack.status)
    command = remedy.command if remedy else INSPECT if stack.drift == "DRIFTED" else ""
    region = region_of(short, target.region)
    return command.format(short=short, name=stack.name, stage=target.stage, region=region)
