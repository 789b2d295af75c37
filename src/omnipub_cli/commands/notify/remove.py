"""`omnipub notify remove`: tell somebody no more."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.commands.notify import _targets
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Yes, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.notify_documents import NoticeTargetJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub notify remove slack", "omnipub notify remove mail:ops --yes"))
def remove(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="As printed by list.")],
    *,
    yes: Yes = False,
) -> None:
    """Tell somebody no more."""
    from omnipub_cli.framework.prompts import confirm

    call = call_of(context)
    _targets.refuse_stage(call)
    with call.system() as system:
        found = system.notice_targets.find(target)
        last = len(system.notice_targets.all()) == 1
        left = " Nobody is told then." if last else ""
        confirm(call, f"{found.name} ({found.shown}) is told no more; its address is forgotten.{left}", yes=yes)
        system.notice_targets.remove(target)
    document: NoticeTargetJson = {"target": found.name, "leads_to": found.shown}
    call.output.data(
        RecordView(fields=(("removed", found.name), ("led to", found.shown))),
        json=document,
        ids=[found.name],
    )
    if last:
        call.output.note("Nobody is told any more when something needs a person.")
