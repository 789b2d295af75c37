"""`omnipub messages edit`: change what is not out yet."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.framework import inputs
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import At, Command, Fold, Id, NotAfter, Zone, examples, listed

if TYPE_CHECKING:
    from omnipub.services.messages.read import Shown
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.message_documents import EditedJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples(
        'omnipub messages edit 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --text "Doors open at ten"',
        'omnipub messages edit 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --at "tomorrow 10:00" --zone Europe/Berlin --not-after 2h',
        'omnipub messages edit 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --image new.jpg --alt "The door" --clear link,variants',
    ),
)
def edit(  # noqa: PLR0913  a command's options are its parameters
    context: typer.Context,
    id_: Id,
    *,
    text: Annotated[str | None, typer.Option(metavar="TEXT|-", help="The new text; - reads standard input.")] = None,
    link: Annotated[str | None, typer.Option(metavar="URL", help="The new link.")] = None,
    link_title: Annotated[str | None, typer.Option(metavar="TEXT", help="The link card's new title.")] = None,
    hashtag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="The new hashtags. Repeat it, or use commas.")
    ] = None,
    image: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help="The new images: PNG, JPEG or GIF. Repeatable.")
    ] = None,
    alt: Annotated[
        list[str] | None, typer.Option(metavar="TEXT", help="What the image shows; the first for the first image.")
    ] = None,
    variant: Annotated[
        list[str] | None, typer.Option(metavar="CHANNEL=TEXT", help="What this channel says instead. Repeatable.")
    ] = None,
    clear: Annotated[
        list[str] | None,
        typer.Option(metavar="PART", help="Leave out: link, link-title, hashtags, images or variants. Repeatable."),
    ] = None,
    at: At = "",
    zone: Zone = "",
    fold: Fold = None,
    not_after: NotAfter = "",
) -> None:
    """Change the named parts or the due moment of what is not out, on all channels or none."""
    from omnipub.domain.message import Content
    from omnipub_cli.commands._shared.lookup import named
    from omnipub_cli.commands.messages._edit import Changes

    call = call_of(context)
    schedule, window = inputs.schedule(at, zone, fold), inputs.window(not_after, zone, fold)
    if alt and not image:
        raise InvalidInputError("--alt describes an --image, and there is none.", hint="Add --image FILE.")
    with call.system() as system:
        changes = Changes(
            text=None if text is None else inputs.text_of(text, call.output),
            link=link,
            link_title=link_title,
            hashtags=None if hashtag is None else tuple(tag.removeprefix("#") for tag in listed(hashtag)),
            media=inputs.images(image, alt or [], system.world.media) if image else None,
            variants=inputs.variants(variant or []),
            cleared=frozenset(listed(clear or [])),
        )
        if not changes and schedule is None and window is None:
            raise InvalidInputError(
                "Nothing to change.", hint="Name a part, such as --text or --image, or --at for a new moment."
            )
        before = named(call, system, id_)
        edited = system.operate.edit(
            before.parent,
            call.viewer(),
            content=changes.applied if changes else None,
            schedule=schedule,
            window=window,
        )
    _print(call, edited)
    if link and not link_title and getattr(before.subject, "content", Content()).link_title:
        call.output.note("The old link's title is gone with it; --link-title gives the new one a title.")


def _print(call: "Call", edited: "Shown") -> None:
    from omnipub.domain.delivery.allowed_actions import statuses
    from omnipub.hints import Action
    from omnipub.services.messages import serialize
    from omnipub_cli.commands._shared import deliveries

    document: EditedJson = {
        **deliveries.whose(edited.parent),
        "revision": edited.subject.revision,
        "schedule": serialize.shown(edited)["schedule"],
        "deliveries": [serialize.delivery(one) for one in edited.deliveries],
    }
    call.output.data(
        *deliveries.table(edited.deliveries),
        json=document,
        ids=[edited.parent.id],
    )
    if any(one.status in statuses(Action.RETRY) for one in edited.deliveries):
        call.output.hint(f"It is not sent again by itself: {call.typed(f'messages retry {edited.parent.id}')}")
