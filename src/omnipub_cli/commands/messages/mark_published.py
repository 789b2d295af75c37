"""`omnipub messages mark-published`: say that an unconfirmed delivery was found."""

from typing import Annotated

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Id, examples

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages mark-published 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --channel facebook --network-id 1_2 "
        "--permalink https://facebook.com/1_2"
    ),
)
def mark_published(
    context: typer.Context,
    id_: Id,
    *,
    channel: Annotated[str, typer.Option(metavar="CHANNEL", help="Where it was found.")],
    network_id: Annotated[
        str,
        typer.Option(
            metavar="ID",
            help="The network's own id of the post, like urn:li:share:… on LinkedIn, or an address that ends in it. "
            "A wrong one is answered with its form and where to find it.",
        ),
    ],
    permalink: Annotated[str, typer.Option(metavar="URL", help="Where it is seen.")] = "",
) -> None:
    """Say that an unconfirmed delivery was found on its network."""
    from omnipub_cli.commands._shared import deliveries
    from omnipub_cli.commands._shared.lookup import named

    call = call_of(context)
    if not network_id.strip():
        raise InvalidInputError("The post's id is empty.", hint="The network shows it in the post's address.")
    with call.system() as system:
        parent = named(call, system, id_).parent
        marked = system.operate.mark_published(
            parent, call.viewer(), channel=channel, network_id=network_id.strip(), permalink=permalink
        )
    deliveries.show_changed(call, parent, [marked])
