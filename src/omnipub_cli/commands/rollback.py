"""`omnipub rollback`: put back the bundles that the last deployment replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.deployment import wall_clock
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Yes, examples

if TYPE_CHECKING:
    from omnipub_cli.deployment.history import DeploymentRecord
    from omnipub_cli.deployment.rollback import Rollback
    from omnipub_cli.deployment.target import Target
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.deployment_documents import RolledBackJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub rollback --stage dev", "omnipub rollback --stage prod --yes"))
def rollback(context: typer.Context, *, region: aws_stage.Region = "", yes: Yes = False) -> None:
    """Go back to the functions of before the last deployment; what is kept does not move."""
    from omnipub_cli.commands._shared import deployment
    from omnipub_cli.deployment.rollback import Rollback
    from omnipub_cli.deployment.stacks import id_of
    from omnipub_cli.framework.prompts import confirm

    call = call_of(context)
    _, target = aws_stage.place(context, region=region)
    with aws_stage.opened(call) as account:
        aws_stage.present(account, target)
        lock = deployment.lock(call, account, target, "rolled back")
        run = Rollback(
            stage=target.stage,
            region=target.region,
            stacks=account.stacks(target.region),
            records=deployment.records(account, target),
            by=account.caller().arn,
            now=wall_clock.now,
            wait=wall_clock.wait,
            follower=deployment.follower(call, target),
            say=call.output.note,
            confirm=lock.confirm,
        )
        record = run.find()
        names = ", ".join(id_of(one) for one in record.replaced)
        what = f"This puts {names} of stage {target.stage} back to {record.before or 'the version before'}"
        confirm(call, f"{what}, from {record.version} of {record.at:%Y-%m-%d %H:%M} UTC.", yes=yes)
        try:
            with lock.held():
                run.run(record)
        except KeyboardInterrupt:
            aws_stage.interrupted(call, run.going, stage=target.stage)
            raise
        finally:
            aws_stage.forget(account, target)
    _print(call, target, record, run)


def _print(call: Call, target: Target, record: DeploymentRecord, run: Rollback) -> None:
    from omnipub_cli.deployment.stacks import id_of

    document: RolledBackJson = {
        "stage": target.stage,
        "deployment": record.id,
        "version": record.before or None,
        "instead_of": record.version,
        "stacks": [id_of(one) for one in run.changed],
    }
    call.output.data(
        json=document,
        ids=[id_of(one) for one in run.changed],
    )
    call.output.note(f"Stage {target.stage} runs {record.before or 'the version before'} again; its data did not move.")
    call.output.hint(f"See whether it lives: omnipub logs tail --since 5m --stage {target.stage}")
    call.output.hint("The pages stay: check out that version and deploy Frontend to put them back too.")
