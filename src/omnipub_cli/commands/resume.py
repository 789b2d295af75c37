"""`omnipub resume`: let what is paused go on, and say what becomes of what is late."""

from typing import TYPE_CHECKING, Annotated, Literal

import typer

from omnipub.errors import NotFoundError
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, examples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.wiring.assemble import System

app = typer.Typer(add_completion=False)

SEND, MISS = "send", "miss"


@app.command(
    cls=Command, epilog=examples("omnipub resume channel:facebook", "omnipub resume everything --late miss --json")
)
def resume(
    context: typer.Context,
    scope: Annotated[str, typer.Argument(metavar="SCOPE", help="As `omnipub pause` lists it.")],
    *,
    late: Annotated[
        Literal["send", "miss"] | None,
        typer.Option("--late", help="What became due meanwhile: send it now, or leave it missed."),
    ] = None,
) -> None:
    """Let what is paused go on, and say what becomes of what is late."""
    from omnipub.services.pauses.scopes import checked_scope  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.commands._shared import deliveries as changing  # noqa: PLC0415  likewise

    call = call_of(context)
    checked_scope(scope)
    with call.system() as system:
        overdue = _overdue(call, system, scope)
        way = late or (_asked(call, overdue) if overdue else None)
        # What was in time when it was looked at is sent, even if its moment passes meanwhile.
        waiting = system.pauses.resume(scope, send_late=way != MISS, by=call.owner)
        let_go = [_now(call, system, one) for one in (*waiting.late, *waiting.in_time)]
    call.output.data(
        *changing.table(let_go),
        json={"scope": scope, "late": way, "deliveries": changing.shapes(let_go)},
        ids=changing.ids(let_go),
    )
    call.output.note(f"{scope} goes on.")
    missed = [one for one in let_go if one.status.value == "missed"]
    if missed:
        call.output.note(f"Missed: {len(missed)}.")
        call.output.hint(f"Send one all the same: {call.typed(f'messages retry {missed[0].parent.id}')}")
    if any(one.status.value == "held" for one in let_go):
        call.output.note("What is still held waits for another pause.")
        call.output.hint(f"See which: {call.typed('pause')}")
    call.warn_if_nothing_runs()


def _overdue(call: Call, system: "System", scope: str) -> "list[Delivery]":
    """What became late and no other pause holds.

    Raises:
        NotFoundError: The scope is not paused.
    """
    from omnipub.services.pauses.scopes import scopes_of  # noqa: PLC0415  the command has imported it

    paused = {one.scope for one in system.pauses.all()}
    if scope not in paused:
        raise NotFoundError(f"{scope} is not paused.", hint=f"See what is: {call.typed('pause')}")
    others = paused - {scope}
    return [one for one in system.pauses.waiting(scope).late if not others & set(scopes_of(one))]


def _asked(call: Call, overdue: "Sequence[Delivery]") -> str:
    from omnipub_cli.commands._shared import deliveries as changing  # noqa: PLC0415  likewise
    from omnipub_cli.framework.prompts import choose  # noqa: PLC0415  only if something is late

    call.output.beside(*changing.table(overdue))
    count = "One" if len(overdue) == 1 else str(len(overdue))
    return choose(call, f"{count} became late while it was paused.", option="--late", choices=(SEND, MISS))


def _now(call: Call, system: "System", delivery: "Delivery") -> "Delivery":
    """The delivery as it is now."""
    deliveries = system.showing.one(delivery.parent, call.viewer()).deliveries
    return next((one for one in deliveries if one.channel == delivery.channel), delivery)
