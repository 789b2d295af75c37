"""`omnipub status`: how a stage on AWS stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import OmnipubError
from omnipub_cli.context import Call, call_of
from omnipub_cli.deployment import workplace
from omnipub_cli.drawing import Cell, Column, Record, State, Table
from omnipub_cli.options import Command, examples

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from omnipub_cli.deployment.account import Account
    from omnipub_cli.deployment.ports import Stack
    from omnipub_cli.deployment.records import Record as Deployed
    from omnipub_cli.deployment.target import Target

app = typer.Typer(add_completion=False)

STACKS = (Column("STACK"), Column("STATUS"), Column("CHANGED"), Column("DRIFT"), Column("NEXT", flexible=True))


@app.command(cls=Command, epilog=examples("omnipub status --stage dev", "omnipub status --stage prod --detect-drift"))
def status(
    context: typer.Context,
    *,
    region: workplace.Region = "",
    detect_drift: Annotated[
        bool,
        typer.Option(
            "--detect-drift", help="Let CloudFormation compare the stacks with what is there; it takes minutes."
        ),
    ] = False,
) -> None:
    """Show a stage's stacks on AWS, what was deployed last, and by whom; exit 1 if a stack needs somebody."""
    from omnipub_cli.deployment import standing  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.deployment.family import region_of  # noqa: PLC0415  likewise
    from omnipub_cli.errors import Code  # noqa: PLC0415  likewise

    call = call_of(context)
    _, target = workplace.place(context, region=region)
    with workplace.opened() as account:
        found = workplace.present(account, target)
        last = _last(call, account, target)
        if detect_drift:
            for short, stack in found.items():
                account.stacks(region_of(short, target.region)).detect_drift(stack.name)
            call.output.note("CloudFormation compares; type `omnipub status` again in some minutes.")
    _tell(call, target, found, last)
    if any(standing.ground(one) is standing.Ground.BROKEN for one in found.values()):
        raise typer.Exit(Code.FAILURE)


def _last(call: Call, account: Account, target: Target) -> Deployed | None:
    """The last deployment; a stage whose records cannot be read is shown without it."""
    from omnipub_cli.deployment import wired  # noqa: PLC0415  likewise

    try:
        return wired.records(account, target).last()
    except OmnipubError as error:
        call.output.warn(f"What was deployed last cannot be told: {error.message}")
        return None


def _tell(call: Call, target: Target, found: Mapping[str, Stack], last: Deployed | None) -> None:
    from omnipub.domain.moments import to_text  # noqa: PLC0415  likewise
    from omnipub_cli.deployment import telling  # noqa: PLC0415  likewise
    from omnipub_cli.deployment.family import id_of  # noqa: PLC0415  likewise

    nexts = {short: _next(short, stack, target) for short, stack in found.items()}
    rows: list[Sequence[Cell]] = [
        (id_of(short), State(stack.status), stack.changed_at, State(stack.drift.lower()), nexts[short])
        for short, stack in found.items()
    ]
    record = Record(
        fields=(
            ("stage", target.stage),
            ("region", target.region),
            ("version", last.version if last else ""),
            ("deployed", last.at if last else None),
            ("by", last.by if last else ""),
            ("state", State(last.state.value) if last else ""),
        )
    )
    call.output.data(
        record,
        Table(columns=STACKS, rows=rows),
        json={
            "stage": target.stage,
            "region": target.region,
            "deployment": telling.record_json(last),
            "stacks": [
                {
                    "stack": id_of(short),
                    "name": stack.name,
                    "status": stack.status,
                    "why": stack.why or None,
                    "changed_at": to_text(stack.changed_at) if stack.changed_at else None,
                    "drift": stack.drift,
                    "next": nexts[short] or None,
                }
                for short, stack in found.items()
            ],
        },
        ids=[id_of(short) for short in found],
    )
    if last and last.state.value == "begun":
        call.output.warn("The last deployment did not come to its end.")
        call.output.hint(f"Go on with it: omnipub deploy --infra serverless --stage {target.stage}")


def _next(short: str, stack: Stack, target: Target) -> str:
    from omnipub_cli.deployment.family import region_of  # noqa: PLC0415  likewise
    from omnipub_cli.deployment.standing import BROKEN  # noqa: PLC0415  likewise

    remedy = BROKEN.get(stack.status)
    region = region_of(short, target.region)
    return remedy.command.format(short=short, name=stack.name, stage=target.stage, region=region) if remedy else ""
