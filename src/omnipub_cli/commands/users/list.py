"""`omnipub users list`: who may sign in."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.commands._shared import aws_stage
from omnipub_cli.commands.users import _users
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.deployment_documents import UserListJson

app = typer.Typer(add_completion=False)


@app.command(
    "list", cls=Command, epilog=examples("omnipub users list --stage dev", "omnipub users list --stage prod --json")
)
def list_(
    context: typer.Context,
    *,
    limit: Annotated[int, typer.Option("--limit", "-L", min=1, max=1000, metavar="N", help="Users at most.")] = 60,
    region: aws_stage.Region = "",
) -> None:
    """List who may sign in to a stage on AWS."""
    from omnipub_cli.commands._shared import deployment_views

    call = call_of(context)
    _, target = aws_stage.place(context, region=region)
    with _users.people(call, target) as people:
        found = people.list(most=limit + 1)
    shown, more = found[:limit], len(found) > limit
    document: UserListJson = {"users": [deployment_views.person_json(one) for one in shown], "more": more}
    call.output.data(
        *([deployment_views.people_table(shown)] if shown else []),
        json=document,
        ids=[one.id for one in shown],
    )
    if not found:
        call.output.note("Nobody may sign in yet.")
        call.output.hint(f"Let somebody in: omnipub users create you@example.com --stage {target.stage}")
    if more:
        call.output.hint(f"There are more: omnipub users list --limit 1000 --stage {target.stage}")
