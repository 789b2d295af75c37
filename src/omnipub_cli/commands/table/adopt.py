"""`omnipub table adopt`: make a copied or restored table the one that publishes."""

from typing import TYPE_CHECKING

import typer

from omnipub.errors import GateClosedError
from omnipub_cli.context import call_of
from omnipub_cli.options import Command, Yes, examples

if TYPE_CHECKING:
    from omnipub.wiring import System

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub table adopt", "omnipub table adopt --yes --data ./restored"))
def adopt(context: typer.Context, *, yes: Yes = False) -> None:
    """Let this copy publish, after its original is retired; what the original may have sent is left to a person."""
    from omnipub.domain.lifecycle import Status  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli import changing  # noqa: PLC0415  likewise
    from omnipub_cli.asking import confirm  # noqa: PLC0415  likewise

    call = call_of(context)
    with call.system() as system:
        closed = _closed(system)
        if closed is None:
            call.output.data(json={"adopted": False, "deliveries": []})
            call.output.note(f"The table in {call.where} belongs here already; there is nothing to adopt.")
            return
        confirm(
            call,
            f"{closed.message} Adopting it makes {call.where} the place that publishes: everything due or claimed "
            "since that last tick becomes unconfirmed and is not sent by itself, the rest goes out when it is due. "
            "The original must never run again.",
            yes=yes,
        )
        doubts = system.gate.adopt()
        old = [one for one in (Status.FAILED, Status.MISSED) if len(system.backlog.of(one, at_most=1))]
    call.output.data(
        *changing.table(doubts),
        json={"adopted": True, "deliveries": changing.shapes(doubts)},
        ids=changing.ids(doubts),
    )
    call.output.note(f"{call.where} is the place that publishes now.")
    if old:
        call.output.note(
            f"There is what was {' or '.join(one.value for one in old)} when the copy was taken. Somebody may have "
            "retried it in the original since: look at the account before you retry it here."
        )
        call.output.hint(f"See it: {call.typed('messages stuck')}")
    if not doubts:
        call.output.note("Nothing is in doubt.")
        return
    call.output.note(f"In doubt: {len(doubts)}. Look at the accounts, and decide about each.")
    example = f"{doubts[0].parent.id} --channel {doubts[0].channel}"
    for words, typed in (
        ("It is out", f"messages mark-published {example} --network-id ID"),
        ("It is not out", f"messages retry {example}"),
        ("It does not matter any more", f"messages dismiss {example} --reason TEXT"),
    ):
        call.output.hint(f"{words}: {call.typed(typed)}")


def _closed(system: "System") -> GateClosedError | None:
    try:
        system.gate.check()
    except GateClosedError as error:
        return error
    return None
