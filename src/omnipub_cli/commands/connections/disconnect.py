"""`omnipub connections disconnect`: forget an account."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import ActsFor, Command, Yes, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from collections.abc import Mapping

    from omnipub_cli.output.json_documents.connection_documents import DisconnectedJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples("omnipub connections disconnect facebook", "omnipub connections disconnect facebook:old --yes"),
)
def disconnect(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="As printed by list.")],
    *,
    owner: ActsFor = "",
    yes: Yes = False,
) -> None:
    """Forget an account and its token; what is scheduled for it is held."""
    from omnipub.domain.delivery.lifecycle import UNFINISHED
    from omnipub.domain.ids import network_of
    from omnipub_cli.commands._shared import accounts
    from omnipub_cli.framework.prompts import confirm

    call = call_of(context).on_behalf_of(owner)
    with call.system() as system:
        one = accounts.found(call, system, channel)
        piles = {one.value: system.backlog.of(one, at_most=accounts.COUNTED_AT_MOST) for one in UNFINISHED}
        mine = {name: pile.by_account(call.owner)[network_of(one.channel), one.account] for name, pile in piles.items()}
        complete = all(pile.complete for pile in piles.values())
        confirm(
            call,
            f"{one.channel} ({one.title}) is forgotten with its token. {_concerned(mine, complete=complete)}",
            yes=yes,
        )
        system.connecting.disconnect(one)
    document: DisconnectedJson = {
        "channel": one.channel,
        "account": one.account,
        "deliveries": mine,
        "all_counted": complete,
    }
    call.output.data(
        RecordView(fields=(("disconnected", one.channel), ("account", one.account), *mine.items())),
        json=document,
        ids=[one.channel],
    )
    call.output.note(_concerned(mine, complete=complete))
    if any(mine.values()):
        call.output.hint(f"Let them go on: {accounts.again(call, one)}")
        call.output.hint(f"Or see and cancel them: {call.typed('schedule list')}")


def _concerned(mine: "Mapping[str, int]", *, complete: bool) -> str:
    """What becomes of the account's deliveries, for people."""
    least = "" if complete else "at least "
    if not any(mine.values()):
        return "Nothing waits for it." if complete else "Nothing that was looked at waits for it; there is more."
    sentences = {
        "scheduled": f"{least}{mine['scheduled']} scheduled will be held when due",
        "held": f"{least}{mine['held']} stay held",
        "publishing": f"{least}{mine['publishing']} being published may still go out, or stay in doubt",
    }
    counted = [sentences[name] for name, count in mine.items() if count]
    return f"Of its deliveries {', '.join(counted)}; what is out stays out."
