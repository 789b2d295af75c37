"""`omnipub messages`: compose messages and see what became of them."""

from typing import Annotated

import typer

from omnipub.names import LOCAL_OWNER
from omnipub_cli import inputs
from omnipub_cli.context import call_of
from omnipub_cli.options import (
    At,
    Command,
    Cursor,
    Fold,
    Key,
    Limit,
    Mine,
    Timeout,
    To,
    Wait,
    Zone,
    examples,
    group,
    listed,
)

app = group(
    "Compose messages and see what became of them.",
    'omnipub messages create "Our new office is open" --to facebook,linkedin',
)

FIRST = 'messages create "Hello" --to facebook,linkedin'


@app.command(
    cls=Command,
    epilog=examples(
        'omnipub messages create "Our new office is open" --to facebook,linkedin',
        'omnipub messages create "Doors open at nine" --to facebook --at 2026-12-01T09:00 --zone Europe/Berlin',
        "fortune | omnipub messages create - --to webhook --wait",
        'omnipub messages create "See us" --to linkedin --image front.jpg --alt "Our front door at night"',
    ),
)
def create(  # noqa: PLR0913  a command's options are its parameters
    context: typer.Context,
    text: Annotated[str, typer.Argument(metavar="[TEXT|-]", help="The text; - reads it from standard input.")] = "",
    *,
    to: To,
    at: At = "",
    zone: Zone = "",
    fold: Fold = None,
    link: Annotated[str, typer.Option(metavar="URL", help="A link, shown as a card where there are cards.")] = "",
    link_title: Annotated[str, typer.Option(metavar="TEXT", help="The card's title (default: the link's host).")] = "",
    hashtag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="With or without #. Repeat it, or use commas.")
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="A PNG, JPEG or GIF file. Repeatable.")
    ] = None,
    alt: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="What the image shows; the first for the first image.")
    ] = None,
    variant: Annotated[
        list[str] | None, typer.Option(metavar="CHANNEL=TEXT", help="What one channel says instead. Repeatable.")
    ] = None,
    idempotency_key: Key = "",
    wait: Wait = False,
    timeout: Timeout = 120,
) -> None:
    """Compose a message and publish it on every channel, now or when it is due."""
    from omnipub.domain.message import Content  # noqa: PLC0415  a command imports what it uses
    from omnipub.services.creation import IdempotencyKey  # noqa: PLC0415  likewise
    from omnipub_cli.creating import explained, tell  # noqa: PLC0415  likewise

    call = call_of(context)
    schedule = inputs.schedule(at, zone, fold)
    said = inputs.text_of(text, call.output)
    channels = listed(to)
    with call.system() as system:
        media = inputs.images(image or [], alt or [], system.world.media)
        content = Content(
            text=said,
            link=link,
            link_title=link_title,
            hashtags=tuple(tag.removeprefix("#") for tag in listed(hashtag or [])),
            media=media,
            variants=inputs.variants(variant or []),
        )
        asked = {
            "command": "messages create",
            "text": said,
            "link": [link, link_title],
            "hashtags": content.hashtags,
            "media": [[one.key, one.alt] for one in media],
            "variants": sorted(variant or []),
            "channels": channels,
            "at": [at, zone, fold],
        }
        with explained(call):
            created = system.compose.message(
                owner=LOCAL_OWNER,
                content=content,
                channels=channels,
                schedule=schedule,
                idempotency=IdempotencyKey.of(idempotency_key, asked) if idempotency_key else None,
            )
        for number, one in enumerate(media, 1):
            if not one.alt:
                call.output.note(f"Image {number} has no --alt text; people who cannot see it miss it.")
        tell(call, system, created, group="messages", wait=wait, timeout=timeout)


@app.command("list", cls=Command, epilog=examples("omnipub messages list", "omnipub messages list --json --limit 100"))
def list_(context: typer.Context, *, limit: Limit = 20, cursor: Cursor = "", mine: Mine = False) -> None:
    """List messages, newest first, with their state."""
    from omnipub.domain.identity import Kind  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.listing import page  # noqa: PLC0415  likewise

    page(call_of(context), Kind.MESSAGE, group="messages", limit=limit, cursor=cursor, mine=mine, teach=FIRST)


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages show 01KB0CVP6ZJ7X3Q5N8T4W2E9HD", "omnipub messages show 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --json"
    ),
)
def show(
    context: typer.Context, id_: Annotated[str, typer.Argument(metavar="ID", help="As printed by create and list.")]
) -> None:
    """Show a message and, for every channel, what happened and what follows."""
    from omnipub.domain.identity import Kind, Parent, checked_id  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.showing import present  # noqa: PLC0415  likewise

    call = call_of(context)
    parent = Parent(kind=Kind.MESSAGE, id=checked_id(id_))
    with call.system() as system:
        present(call, system, system.showing.one(parent, call.viewer()))
