"""`omnipub connections test`: ask the networks whether the tokens work."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import ActsFor, Command, examples, once

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.connection_documents import ConnectionTestsJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples("omnipub connections test", "omnipub connections test linkedin", "omnipub connections test --json"),
)
def ask(
    context: typer.Context,
    channel: Annotated[
        list[str] | None, typer.Argument(metavar="[CHANNEL]...", help="Only these accounts; none asks for all.")
    ] = None,
    *,
    owner: ActsFor = "",
) -> None:
    """Ask the networks whether the tokens of connected accounts work; nothing is published or changed."""
    from omnipub_cli.commands._shared import accounts

    call = call_of(context).on_behalf_of(owner)
    with call.system() as system:
        chosen = [accounts.found(call, system, name) for name in once(channel)]
        tested = [system.asking.test(one) for one in chosen or system.accounts.of(call.owner)]
    document: ConnectionTestsJson = {"connections": [accounts.verdict(call, one) for one in tested]}
    call.output.data(
        *accounts.table(tested),
        json=document,
        ids=[one.connection.channel for one in tested],
    )
    if not tested:
        accounts.say_none(call)
    for one in tested:
        advice = accounts.after(call, one)
        if advice and one.verdict.value != "untestable":
            call.output.hint(f"{one.connection.channel}: {advice}")
    code = accounts.exit_code(tested)
    if code:
        raise typer.Exit(code)
