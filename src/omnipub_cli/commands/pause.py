"""`omnipub pause`: stop everything, a channel, an account or an owner, or list what is stopped."""

import shlex
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Column, Table

if TYPE_CHECKING:
    from omnipub.services.pauses.scopes import Pause
    from omnipub.wiring.assemble import System

app = typer.Typer(add_completion=False)

PAUSES = (Column("SCOPE"), Column("SINCE"), Column("BY"), Column("WHY"))


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub pause",
        'omnipub pause everything --reason "Wrong prices in all texts"',
        'omnipub pause channel:facebook --reason "Facebook is down"',
        'omnipub pause account:linkedin/urn:li:organization:1001 --reason "The page moves"',
    ),
)
def pause(
    context: typer.Context,
    scope: Annotated[
        str,
        typer.Argument(
            metavar="[SCOPE]", help="everything, channel:NETWORK, account:NETWORK/ACCOUNT or owner:USER; none lists."
        ),
    ] = "",
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is shown wherever something waits for it.")] = "",
) -> None:
    """Stop everything, a channel, an account or an owner, or list what is stopped."""
    call = call_of(context)
    if scope and not reason.strip():
        raise InvalidInputError(
            "A pause needs a reason, for those who wonder why nothing goes out.", hint="Add --reason TEXT."
        )
    if reason and not scope:
        raise InvalidInputError(
            "There is nothing to pause.",
            hint="Name everything, channel:NETWORK, account:NETWORK/ACCOUNT or owner:USER.",
        )
    with call.system() as system:
        if scope:
            _known(system, scope)
            found = [system.pauses.pause(scope, reason=reason, by=call.owner)]
        else:
            found = list(system.pauses.all())
    rows = [(one.scope, one.at, one.by, one.reason) for one in found]
    call.output.data(
        *([Table(columns=PAUSES, rows=rows)] if rows else []),
        json={"pauses": [_shape(one) for one in found]},
        ids=[one.scope for one in found],
    )
    if scope:
        call.output.note("What becomes due there is held; what is being sent at this moment may still go out.")
        if scope.startswith("account:") and "#" not in scope:
            call.output.note(f"It holds for every owner who has that account; for one alone: {scope}#USER")
    if found:
        call.output.hint(f"Let it go on: {call.typed(f'resume {shlex.quote(found[0].scope)}')}")
    else:
        call.output.note("Nothing is paused.")
        call.output.hint(f"Stop everything: {call.typed('pause everything --reason TEXT')}")


def _known(system: "System", scope: str) -> None:
    """Refuse a scope that no delivery can be in: a pause that stops nothing is worse than none."""
    from omnipub.services.pauses.scopes import checked_scope  # noqa: PLC0415  the command's half has imported it

    kind, _, name = checked_scope(scope).partition(":")
    network, slash, account = name.partition("/")
    if kind == "account" and not (slash and account):
        raise InvalidInputError(f"'{scope}' names no account.", hint="Write it as account:NETWORK/ACCOUNT.")
    if kind in {"channel", "account"} and (network if kind == "account" else name) not in system.channels:
        known = ", ".join(sorted(system.channels))
        raise InvalidInputError(f"'{scope}' names no network that omnipub knows.", hint=f"Known networks: {known}.")


def _shape(pause: "Pause") -> dict[str, Any]:
    from omnipub.domain.timestamps import to_text  # noqa: PLC0415  likewise

    return {"scope": pause.scope, "reason": pause.reason, "by": pause.by, "at": to_text(pause.at)}
