"""`omnipub connections refresh`: renew a token, or at least take notice that an account works again."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import ActsFor, Command, examples

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.connection_documents import RefreshedJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command, epilog=examples("omnipub connections refresh linkedin", "omnipub connections refresh bluesky --json")
)
def refresh(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="As printed by list.")],
    *,
    owner: ActsFor = "",
) -> None:
    """Renew an account's token where its network allows that, and let what was held go on if it works."""
    from omnipub_cli.commands._shared import accounts
    from omnipub_cli.framework.exit_codes import ExitCode

    call = call_of(context).on_behalf_of(owner)
    with call.system() as system:
        before = accounts.found(call, system, channel)
        done = system.connecting.refresh(before)
    document: RefreshedJson = {
        **accounts.verdict(call, done),
        "renewed": done.renewed,
        "released": done.released,
        "ends_at": accounts.shape(done.connection)["ends_at"],
    }
    call.output.data(
        *accounts.table([done]),
        json=document,
        ids=[done.connection.channel],
    )
    if done.verdict.value == "ok":
        if not done.renewed:
            call.output.note("Its network has nothing to renew: the token stays as it is.")
        if before.standing is not done.connection.standing:
            call.output.note(f"It can be used again; deliveries that go on: {done.released}.")
        return
    call.output.note("Nothing was renewed.")
    # What has just failed to renew is not renewed by trying once more, unless nobody answered.
    if done.verdict.value == "unreachable":
        call.output.hint(f"Try again: {call.typed(f'connections refresh {channel}')}")
    else:
        call.output.hint(f"Connect it again: {accounts.again(call, done.connection)}")
    raise typer.Exit(accounts.exit_code([done]) or ExitCode.FAILURE)
