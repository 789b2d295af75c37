"""`omnipub notify test`: see whether notices arrive."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Column, StatusCell, TableView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.notify_documents import NoticeTestListJson

app = typer.Typer(add_completion=False)

RESULTS = (Column("TARGET"), Column("STATE"), Column("WHY", flexible=True))


@app.command(
    "test",
    cls=Command,
    epilog=examples("omnipub notify test", "omnipub notify test slack", "omnipub notify test --stage prod"),
)
def try_(
    context: typer.Context,
    target: Annotated[str, typer.Argument(metavar="TARGET", help="This one alone, as printed by list.")] = "",
) -> None:
    """Send a notice of nothing, to see whether it arrives."""
    from omnipub.errors import NotFoundError, OmnipubError
    from omnipub.hints import Action, Hint
    from omnipub_cli.framework.exit_codes import ExitCode

    call = call_of(context)
    results: list[tuple[str, str]] = []
    with call.system() as system:
        names = tuple(system.notices.notifier.targets())
        chosen = tuple(one for one in names if target in {"", one})
        if not chosen:
            said = f"Notices have no target '{target}'." if names else "Nobody is told: notices have no target."
            action = Action.LIST_TARGETS if names else Action.SET_TARGET
            raise NotFoundError(said, hint=Hint(action=action, scope="" if names else "mail"))
        for name in chosen:
            try:
                system.notices.test(name)
            except OmnipubError as error:
                results.append((name, f"{error.message} {call.worded(*error.hints)}".strip()))
            else:
                results.append((name, ""))
    document: NoticeTestListJson = {
        "targets": [{"target": name, "ok": not why, "why": why or None} for name, why in results]
    }
    call.output.data(
        TableView(columns=RESULTS, rows=[(name, StatusCell("failed" if why else "ok"), why) for name, why in results]),
        json=document,
        ids=[name for name, why in results if not why],
    )
    if any(why for _, why in results):
        raise typer.Exit(ExitCode.FAILURE)
    call.output.note("Taken. Look whether it is there: mail may lie among what is taken for spam.")
