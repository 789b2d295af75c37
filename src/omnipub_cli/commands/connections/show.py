"""`omnipub connections show`: everything about one account but its token."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import ActsFor, Command, examples
from omnipub_cli.output.views import RecordView, StatusCell

if TYPE_CHECKING:
    from omnipub.storage.items import Connection
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub connections show linkedin", "omnipub connections show facebook:b"))
def show(
    context: typer.Context,
    channel: Annotated[str, typer.Argument(metavar="CHANNEL", help="As printed by list.")],
    *,
    owner: ActsFor = "",
) -> None:
    """Show everything about a connected account but its token."""
    from omnipub.domain.delivery.lifecycle import WATCHED, Status
    from omnipub.domain.ids import network_of
    from omnipub.domain.secret_urls import shown
    from omnipub.domain.timestamps import to_text
    from omnipub.services.accounts.secret_urls import shown_address
    from omnipub_cli.commands._shared import accounts

    call = call_of(context).on_behalf_of(owner)
    with call.system() as system:
        one = accounts.found(call, system, channel)
        network = system.channels.get(network_of(one.channel))
        piles = {
            one.value: system.backlog.of(one, at_most=accounts.COUNTED_AT_MOST) for one in Status if one in WATCHED
        }
        opens = _opens(system, one)
    mine = {name: pile.by_account(call.owner)[network_of(one.channel), one.account] for name, pile in piles.items()}
    complete = all(pile.complete for pile in piles.values())
    address = shown_address(one, network.base_url if network else "")
    document = accounts.shape(one) | {
        "network": network_of(one.channel),
        "connected_at": to_text(one.created_at),
        "address": address,
        "token_opens": opens,
        "deliveries": mine,
        "all_counted": complete,
    }
    call.output.data(
        RecordView(
            fields=(
                ("channel", one.channel),
                ("network", network.title if network else f"{network_of(one.channel)} (unknown to this release)"),
                ("account", shown(one.account)),
                ("title", one.title),
                ("standing", StatusCell(one.standing.value)),
                ("since", one.standing_since),
                ("why", one.standing_reason),
                ("connected", one.created_at),
                ("address", address),
                ("token", _sealed(call, opens=opens)),
                ("ends", one.refresh_at),
                ("renewable", _renewed_by(one) if document["renewable"] else "no; connect it again when it ends"),
                *((name, count) for name, count in mine.items()),
            )
        ),
        json=document,
        ids=[one.channel],
    )
    if not complete:
        call.output.note(f"Of each state the {accounts.COUNTED_AT_MOST:,} that wait longest were looked at.")
    call.output.hint(f"See whether its token works: {call.typed(f'connections test {one.channel}')}")


def _sealed(call: "Call", *, opens: bool) -> str:
    whose = "the stage's" if call.on_aws else "this machine's"
    return f"sealed; {whose} key opens it" if opens else f"sealed, and {whose} key does not open it"


def _renewed_by(connection: "Connection") -> str:
    failed = connection.renewal_failed
    if failed is None:
        return "yes; omnipub does it by itself"
    why = (
        f"last refused: {failed.sentence}" if failed.for_good else f"last failed, and is tried again: {failed.sentence}"
    )
    return f"yes; {why}"


def _opens(system: "System", connection: "Connection") -> bool:
    from omnipub.errors import SealBrokenError

    try:
        system.accounts.open(connection)
    except SealBrokenError:
        return False
    return True
