"""`omnipub outputs`: what a stage's stacks say of themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from omnipub.errors import NotFoundError
from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

if TYPE_CHECKING:
    from omnipub_cli.deployment.checkout import Checkout
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.deployment_documents import StageOutputsJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub outputs --stage dev", "omnipub outputs --stage dev --cached --json"))
def outputs(
    context: typer.Context,
    *,
    region: aws_stage.Region = "",
    cached: Annotated[
        bool, typer.Option("--cached", help="What the last look saw, from build/; AWS is not asked.")
    ] = False,
) -> None:
    """Show what a stage's stacks say of themselves: the site's address, the user pool, the alarms' topic."""
    from omnipub.domain.timestamps import from_text
    from omnipub_cli.commands._shared import deployment_views

    call = call_of(context)
    checkout, target = aws_stage.place(context, region=region)
    kept = _cached(checkout, target) if cached else _from_aws(call, checkout, target)
    document: StageOutputsJson = {
        "stage": kept["stage"],
        "region": kept["region"],
        "account": kept["account"],
        "at": kept["at"],
        "outputs": deployment_views.outputs_json(kept["outputs"]),
    }
    call.output.data(
        *([deployment_views.outputs_table(kept["outputs"])] if any(kept["outputs"].values()) else []),
        json=document,
        ids=[value for values in kept["outputs"].values() for value in values.values()],
    )
    if not any(kept["outputs"].values()):
        call.output.note("The stacks that are there say nothing of themselves.")
    if cached:
        call.output.note(f"As it was seen at {from_text(kept['at']):%Y-%m-%d %H:%M:%S} UTC.")


def _cached(checkout: Checkout, target: Target) -> StageOutputsJson:
    from omnipub_cli.deployment.outputs import Cache

    kept = Cache(checkout.build / "deployed").read(target.stage)
    if kept is None:
        raise NotFoundError(
            f"The outputs of stage {target.stage} were never seen from here.",
            hint=f"Look: omnipub outputs --stage {target.stage}",
        )
    return cast("StageOutputsJson", kept)  # this command wrote it


def _from_aws(call: Call, checkout: Checkout, target: Target) -> StageOutputsJson:
    from omnipub_cli.commands._shared.finish import Finish

    with aws_stage.opened(call) as account:
        aws_stage.present(account, target)
        finish = Finish(call=call, account=account, checkout=checkout, target=target)
        return finish.keep(finish.outputs())
