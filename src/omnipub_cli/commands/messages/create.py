"""`omnipub messages create`: compose a message and publish it."""

from typing import Annotated

import typer

from omnipub_cli.commands.messages import _compose_options
from omnipub_cli.framework import inputs
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import At, Command, Fold, Key, NotAfter, Timeout, To, Wait, Zone, examples, listed

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        'omnipub messages create "Our new office is open" --to facebook,linkedin',
        'omnipub messages create "Doors open at nine" --to facebook --at "tomorrow 9:00" --zone Europe/Berlin',
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
    not_after: NotAfter = "",
    link: _compose_options.Link = "",
    link_title: _compose_options.LinkTitle = "",
    hashtag: _compose_options.Hashtags = None,
    image: _compose_options.Images = None,
    alt: _compose_options.Alts = None,
    variant: _compose_options.Variants = None,
    idempotency_key: Key = "",
    wait: Wait = False,
    timeout: Timeout = 120,
) -> None:
    """Compose a message and publish it on every channel, now or when it is due."""
    from omnipub.domain.message import Content
    from omnipub_cli.commands._shared.create import explained, key_of, show_created

    call = call_of(context)
    schedule, window = inputs.schedule(at, zone, fold), inputs.window(not_after, zone, fold)
    body = inputs.text_of(text, call.output)
    channels = listed(to)
    with call.system() as system:
        media = inputs.images(image or [], alt or [], system.world.media)
        content = Content(
            text=body,
            link=link,
            link_title=link_title,
            hashtags=tuple(tag.removeprefix("#") for tag in listed(hashtag or [])),
            media=media,
            variants=inputs.variants(variant or []),
        )
        request = {
            "text": body,
            "link": [link, link_title],
            "hashtags": content.hashtags,
            "media": [[one.key, one.alt] for one in media],
            "variants": sorted(variant or []),
            "channels": channels,
            "at": [at, zone, fold],
            "not_after": not_after,
        }
        with explained(call):
            created = system.compose.message(
                owner=call.owner,
                content=content,
                channels=channels,
                schedule=schedule,
                window=window,
                idempotency=key_of(idempotency_key, "messages create", request),
            )
        for number, one in enumerate(media, 1):
            if not one.alt:
                call.output.note(f"Image {number} has no --alt text; people who cannot see it miss it.")
        show_created(call, system, created, group="messages", wait=wait, timeout=timeout)
