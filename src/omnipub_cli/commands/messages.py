"""`omnipub messages`: compose messages, see what became of them, and step in."""

from typing import Annotated

import typer

from omnipub.errors import ConflictError, InvalidInputError
from omnipub.names import LOCAL_OWNER
from omnipub_cli import inputs
from omnipub_cli.context import call_of
from omnipub_cli.options import (
    At,
    Channels,
    Command,
    Cursor,
    Fold,
    Key,
    Limit,
    Mine,
    Timeout,
    To,
    Wait,
    Yes,
    Zone,
    examples,
    group,
    listed,
)

app = group(
    "Compose messages, see what became of them, and step in.",
    'omnipub messages create "Our new office is open" --to facebook,linkedin',
)

Id = Annotated[str, typer.Argument(metavar="ID", help="Of a message or a certification, as the lists print it.")]

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


@app.command(
    cls=Command,
    epilog=examples(
        'omnipub messages edit 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --text "Doors open at ten"',
        "omnipub messages edit 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --at 2026-12-01T10:00 --zone Europe/Berlin",
    ),
)
def edit(
    context: typer.Context,
    id_: Id,
    *,
    text: Annotated[str | None, typer.Option(metavar="TEXT|-", help="The new text; - reads standard input.")] = None,
    link: Annotated[str | None, typer.Option(metavar="URL", help="The new link.")] = None,
    hashtag: Annotated[
        list[str] | None, typer.Option(metavar="TAG", help="With or without #. Repeat it, or use commas.")
    ] = None,
    at: At = "",
    zone: Zone = "",
    fold: Fold = None,
) -> None:
    """Replace the whole content of what is not out yet, move its due moment, or both: on all channels or none."""
    from omnipub.domain.message import Content, Message  # noqa: PLC0415  a command imports what it uses
    from omnipub.services import views  # noqa: PLC0415  likewise
    from omnipub_cli import changing  # noqa: PLC0415  likewise
    from omnipub_cli.naming import named  # noqa: PLC0415  likewise

    call = call_of(context)
    schedule = inputs.schedule(at, zone, fold)
    content = None
    if text is not None or link is not None or hashtag:
        content = Content(
            text=inputs.text_of(text or "", call.output),
            link=link or "",
            hashtags=tuple(tag.removeprefix("#") for tag in listed(hashtag or [])),
        )
    if content is None and schedule is None:
        raise InvalidInputError("Nothing to change.", hint="Add --text, --link or --hashtag, or --at for a new moment.")
    with call.system() as system:
        before = named(call, system, id_)
        edited = system.operate.edit(before.parent, call.viewer(), content=content, schedule=schedule)
    told = views.shown(edited)
    call.output.data(
        *changing.table(edited.deliveries),
        json=changing.whose(edited.parent)
        | {
            "revision": edited.subject.revision,
            "schedule": told["schedule"],
            "deliveries": [views.delivery(one) for one in edited.deliveries],
        },
        ids=[edited.parent.id],
    )
    old = before.subject.content if isinstance(before.subject, Message) else None
    gone = [word for word, there in (("images", old and old.media), ("variants", old and old.variants)) if there]
    if content is not None and gone:
        call.output.note(f"Its {' and '.join(gone)} are gone with the old content.")
    if any(one.status.value in {"failed", "missed"} for one in edited.deliveries):
        call.output.hint(f"It is not sent again by itself: {call.typed(f'messages retry {edited.parent.id}')}")


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages cancel 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        'omnipub messages cancel 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --channel facebook --reason "Wrong price"',
    ),
)
def cancel(
    context: typer.Context,
    id_: Id,
    *,
    channel: Channels = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; it is kept.")] = "",
) -> None:
    """Call off what is not out yet, on all channels or those named."""
    from omnipub_cli import changing  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.naming import named  # noqa: PLC0415  likewise

    call = call_of(context)
    with call.system() as system:
        parent = named(call, system, id_).parent
        changed = system.operate.cancel(parent, call.viewer(), channels=_once(channel), reason=reason)
    changing.tell(call, parent, changed)
    running = [one.channel for one in changed if one.status.value == "publishing"]
    if running:
        call.output.warn(f"Being published at this moment: {', '.join(running)}. It is called off only if not out.")
        call.output.hint(f"See what became of it: {call.typed(f'{changing.group_of(parent)} show {parent.id}')}")


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub messages retry 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
        "omnipub messages retry 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --channel linkedin --yes",
    ),
)
def retry(context: typer.Context, id_: Id, *, channel: Channels = None, yes: Yes = False) -> None:
    """Send again what failed or was missed; what is unconfirmed only where its channel is named, as it may double."""
    from omnipub_cli import changing  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.asking import confirm  # noqa: PLC0415  likewise
    from omnipub_cli.naming import named  # noqa: PLC0415  likewise

    call = call_of(context)
    channels = _once(channel)
    with call.system() as system:
        shown = named(call, system, id_)
        parent = shown.parent
        unsure = [one.channel for one in shown.deliveries if one.status.value == "unconfirmed"]
        doubling = [one for one in unsure if one in channels]
        if doubling:
            confirm(
                call,
                f"It may be out on {', '.join(doubling)} already; sending it again may publish it twice.",
                yes=yes,
            )
        elif unsure and not channels and not any(one.status.value in _SURELY_NOT_OUT for one in shown.deliveries):
            again = f"messages retry {parent.id} --channel {','.join(unsure)}"
            raise ConflictError(
                f"It may be out on {', '.join(unsure)}; sending it again may publish it twice.",
                hint=f"Look at the account first; then name the channel: {call.typed(again)}",
            )
        changed = system.operate.retry(parent, call.viewer(), channels=channels)
    changing.tell(call, parent, changed)
    left = [one for one in unsure if one not in channels]
    if left:
        call.output.note(f"Not sent again, because it may be out: {', '.join(left)}.")
    call.warn_if_nothing_runs()


@app.command(
    cls=Command,
    epilog=examples('omnipub messages dismiss 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --reason "The event is over"'),
)
def dismiss(
    context: typer.Context,
    id_: Id,
    *,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why nobody retries it; it is kept.")],
    channel: Channels = None,
) -> None:
    """Put away what failed, was missed or is unconfirmed, on all channels or those named."""
    from omnipub_cli import changing  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.naming import named  # noqa: PLC0415  likewise

    call = call_of(context)
    if not reason.strip():
        raise InvalidInputError("A reason is needed to put it away.", hint="Add --reason TEXT.")
    with call.system() as system:
        parent = named(call, system, id_).parent
        changed = system.operate.dismiss(parent, call.viewer(), channels=_once(channel), reason=reason)
    changing.tell(call, parent, changed)


@app.command(
    "mark-published",
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
    network_id: Annotated[str, typer.Option(metavar="ID", help="The network's own id of the post.")],
    permalink: Annotated[str, typer.Option(metavar="URL", help="Where it is seen.")] = "",
) -> None:
    """Say that an unconfirmed delivery was found on its network."""
    from omnipub_cli import changing  # noqa: PLC0415  a command imports what it uses
    from omnipub_cli.naming import named  # noqa: PLC0415  likewise

    call = call_of(context)
    if not network_id.strip():
        raise InvalidInputError("The post's id is empty.", hint="The network shows it in the post's address.")
    with call.system() as system:
        parent = named(call, system, id_).parent
        marked = system.operate.mark_published(
            parent, call.viewer(), channel=channel, network_id=network_id.strip(), permalink=permalink
        )
    changing.tell(call, parent, [marked])


_SURELY_NOT_OUT = ("failed", "missed")


def _once(channels: list[str] | None) -> list[str]:
    return list(dict.fromkeys(listed(channels or [])))
