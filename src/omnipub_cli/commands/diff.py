"""`omnipub diff`: what a deployment would change, without changing it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples

if TYPE_CHECKING:
    from omnipub_cli.deployment.change_preview import ChangePreview
    from omnipub_cli.output.json_documents.deployment_documents import DiffJson

app = typer.Typer(add_completion=False)

CHANGE_SET = "omnipub-diff"
"""Change sets of a look have a name of their own. So they take none from a deployment that runs."""


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub diff --infra serverless", "omnipub diff Api Worker --infra serverless --stage prod --json"
    ),
)
def diff(
    context: typer.Context,
    stacks: Annotated[
        list[str] | None, typer.Argument(metavar="[STACK]...", help="Only these: OmnichannelApiStack, or Api.")
    ] = None,
    *,
    infra: aws_stage.Infra = "",
    region: aws_stage.Region = "",
    values: aws_stage.Values = None,
) -> None:
    """Show what a deployment would change, resource by resource; exit 1 if it would be refused."""
    from omnipub_cli.commands._shared import deployment
    from omnipub_cli.deployment import stacks as family
    from omnipub_cli.deployment.change_preview import foretell

    call = call_of(context)
    checkout, target = aws_stage.place(context, region=region, values=values or ())
    kind = aws_stage.named_infrastructure(infra, os.environ, target)
    wanted = family.chosen(stacks or (), target.region)
    with aws_stage.opened(call) as account:
        target = deployment.prepared(call, account, checkout, target, wanted)
        if kind is None:
            aws_stage.check_infrastructure(call, account, target)
        run = deployment.deployment(call, account, checkout, target, approve=lambda _: None, change_set=CHANGE_SET)
        with deployment.aside(checkout) as folder:
            found = foretell(run, wanted, folder)
    _print(call, found, stage=target.stage)


def _print(call: Call, found: ChangePreview, *, stage: str) -> None:
    from omnipub_cli.commands._shared import deployment_views
    from omnipub_cli.deployment import change_impact
    from omnipub_cli.deployment.stacks import id_of
    from omnipub_cli.framework.exit_codes import ExitCode

    wrong = [one for changes in found.plan.values() for one in change_impact.losses(changes)]
    changed = [short for short, changes in found.plan.items() if changes]
    document: DiffJson = {
        "stage": stage,
        "new": [id_of(one) for one in found.new],
        "unchanged": [id_of(short) for short in found.plan if short not in changed],
        "untold": [{"stack": id_of(short), "why": why} for short, why in found.untold.items()],
        "refused": bool(wrong),
        "changes": deployment_views.changes_json(found.plan),
    }
    call.output.data(
        *([deployment_views.changes_table(found.plan)] if changed else []),
        json=document,
        ids=[id_of(short) for short in changed],
    )
    for short, why in found.untold.items():
        call.output.warn(f"What changes in {id_of(short)} cannot be told yet: {why}")
    for one in wrong:
        call.output.warn(f"{one.sentence} A deployment refuses that without --allow-replace.")
    if not changed and not found.untold:
        call.output.note("Nothing would change.")
    if wrong:
        raise typer.Exit(ExitCode.FAILURE)
