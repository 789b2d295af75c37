"""`omnipub destroy`: take a stage down."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.deployment import wall_clock
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, Yes, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub_cli.deployment.destroy import StackToDelete
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.output.json_documents.deployment_documents import DestroyedJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub destroy --stage dev",
        "omnipub destroy OmnichannelFrontendStack --stage dev",
        "omnipub destroy --stage prod --force",
    ),
)
def destroy(
    context: typer.Context,
    stacks: Annotated[
        list[str] | None, typer.Argument(metavar="[STACK]...", help="Only these: OmnichannelApiStack, or Api.")
    ] = None,
    *,
    region: aws_stage.Region = "",
    force: Annotated[
        bool, typer.Option("--force", help="Also a stage that is protected from it, such as prod.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete a stage's stacks, the last one first, and say what stays in the account."""
    from omnipub_cli.commands._shared import deployment
    from omnipub_cli.deployment import stacks as family
    from omnipub_cli.deployment.destroy import StackDeletion

    call = call_of(context)
    _require_stage(context)
    _, target = aws_stage.place(context, region=region)
    if target.production and not force:
        raise InvalidInputError(
            f"Stage {target.stage} is protected; nothing was done.",
            hint=f"If you mean it: omnipub destroy --stage {target.stage} --force",
        )
    wanted = family.chosen(stacks or (), target.region)
    with aws_stage.opened(call) as account:
        lock = deployment.lock_if_any(call, account, target, "destroyed")
        run = StackDeletion(
            stage=target.stage,
            region=target.region,
            stacks=account.stacks,
            buckets=account.objects,
            now=wall_clock.now,
            follower=deployment.follower(call, target),
            say=call.output.note,
            retained=deployment.retained(account, target) if lock else None,
            confirm=lock.confirm if lock else lambda: None,
        )
        doomed = run.plan(wanted)
        _announce(call, doomed, target)
        if doomed and not yes:
            _ask(call, target, account.caller().account, only=doomed if stacks else ())
        try:
            with lock.held() if lock else nullcontext():
                run.run(doomed, unprotect=force)
        except KeyboardInterrupt:
            aws_stage.interrupted(call, run.going, stage=target.stage)
            raise
        finally:
            aws_stage.forget(account, target)
    _print(call, doomed, target)


def _require_stage(context: typer.Context) -> None:
    """What a variable of this terminal says is not enough."""
    if not aws_stage.stage_named(context, where=("COMMANDLINE",)):
        raise InvalidInputError(
            "No stage was named; nothing is destroyed by default.", hint="Name it: omnipub destroy --stage dev"
        )


def _announce(call: Call, doomed: Sequence[StackToDelete], target: Target) -> None:
    """What goes, and what stays."""
    from omnipub_cli.deployment.change_impact import KEPT

    for one in doomed:
        call.output.note(f"{one.stack.name} is deleted ({one.stack.status}).")
        for resource in one.goes:
            call.output.warn(f"With it goes the {KEPT[resource.kind]} {resource.physical}, and all that is in it.")
        for resource in one.stays:
            call.output.note(f"  The {KEPT[resource.kind]} {resource.physical} stays in the account, and costs on.")
    if not doomed:
        call.output.note(f"There is nothing of stage {target.stage} in {target.region}.")


def _ask(call: Call, target: Target, account: str, *, only: Sequence[StackToDelete]) -> None:
    """The stage's name must be typed; `only` are the stacks that were named, if any were.

    Raises:
        InvalidInputError: Nobody can be asked.
        typer.Abort: Something else was typed.
    """
    from omnipub_cli.deployment.stacks import id_of
    from omnipub_cli.framework.prompts import typed

    what = f"{', '.join(id_of(one.short) for one in only)} of stage" if only else "stage"
    typed(call, f"This deletes {what} {target.stage} in account {account}, {target.region}.", expected=target.stage)


def _print(call: Call, doomed: Sequence[StackToDelete], target: Target) -> None:
    from omnipub_cli.deployment.change_impact import KEPT

    document: DestroyedJson = {
        "stage": target.stage,
        "deleted": [one.stack.name for one in doomed],
        "kept": [
            {"stack": one.stack.name, "what": KEPT[resource.kind], "id": resource.physical}
            for one in doomed
            for resource in one.stays
        ],
    }
    call.output.data(
        json=document,
        ids=[one.stack.name for one in doomed],
    )
    if doomed:
        call.output.note(f"Stage {target.stage}: stacks that are gone: {len(doomed)}.")
        if any(one.stays for one in doomed):
            typed = f"omnipub deploy --infra serverless --stage {target.stage} --adopt-retained"
            call.output.hint(f"Make it again, with what stays: {typed}")
        else:
            call.output.hint(f"Make it again: omnipub deploy --infra serverless --stage {target.stage}")
