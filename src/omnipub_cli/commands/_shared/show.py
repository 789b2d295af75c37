"""What `messages show` and `certs show` have in common: the subject's head, what it says, and its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output import escape
from omnipub_cli.output.views import LineView, RecordView, StatusCell, StoryView

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omnipub.domain.certification import Certification
    from omnipub.domain.delivery.model import Delivery
    from omnipub.domain.message import Content, Message
    from omnipub.services.messages.read import Shown
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.views import Cell

OfOne = Annotated[str, typer.Argument(metavar="ID", help="As printed when it was made, and by list.")]


def add_show(app: typer.Typer, group: str, summary: str) -> None:
    """Give a group, or a verb of it, its `show`."""

    @app.command(
        "show",
        cls=Command,
        help=summary,
        epilog=examples(
            f"omnipub {group} show 01KB0CVP6ZJ7X3Q5N8T4W2E9HD",
            f"omnipub {group} show 01KB0CVP6ZJ7X3Q5N8T4W2E9HD --json",
        ),
    )
    def show(context: typer.Context, id_: OfOne) -> None:
        from omnipub.domain.ids import Parent, ParentKind, checked_id

        call = call_of(context)
        kind = ParentKind.MESSAGE if group == "messages" else ParentKind.CERTIFICATION
        with call.system() as system:
            present(call, system, system.showing.one(Parent(kind=kind, id=checked_id(id_)), call.viewer()))


def present(call: Call, system: System, shown: Shown) -> None:
    """Print it whole."""
    from omnipub.domain.delivery.lifecycle import TIMED
    from omnipub.domain.ids import network_of
    from omnipub.domain.message import Message
    from omnipub.services.messages import serialize
    from omnipub_cli.commands._shared.held import HoldNotice, holds_of
    from omnipub_cli.commands._shared.timeline import timeline

    def holds(delivery: Delivery) -> Sequence[HoldNotice]:
        return holds_of(call, system, delivery)

    def can_look(delivery: Delivery) -> bool:
        known = system.channels.get(network_of(delivery.channel))
        return known is not None and known.shows_posts(delivery.account)

    subject = shown.subject
    lines = list(_message(subject.content) if isinstance(subject, Message) else _certification(subject))
    call.output.data(
        RecordView(fields=_head(shown)),
        *([StoryView(lines=lines)] if lines else []),
        timeline(shown, system.world.clock.now(), call.typed, can_look, holds),
        json=serialize.shown(shown),
        ids=[shown.parent.id],
    )
    if any(one.status in TIMED for one in shown.deliveries):
        call.warn_if_nothing_runs()


def _head(shown: Shown) -> list[tuple[str, Cell]]:
    schedule = shown.subject.schedule
    local_time = f"{schedule.local.replace('T', ' ')} {schedule.zone}"
    return [
        ("id", shown.parent.id),
        ("status", StatusCell(shown.status.value)),
        ("created", shown.subject.created_at),
        ("due", schedule.at),
        *([("asked for", local_time)] if schedule.zone != "UTC" else []),
        ("owner", shown.subject.owner),
    ]


def _message(content: Content) -> Iterator[LineView]:
    for line in escape.lines(content.text) if content.text else ():
        yield LineView((line,), indent=2)
    for name, value in (
        ("link:", content.link),
        ("link title:", content.link_title),
        ("hashtags:", " ".join(f"#{tag}" for tag in content.hashtags)),
    ):
        if value:
            yield LineView((name, value), indent=2)
    for number, one in enumerate(content.media, 1):
        yield LineView(
            (f"image {number}:", one.content_type, f"{one.size:,} bytes,", one.alt or "no alt text"), indent=2
        )
    for channel, variant in content.variants.items():
        if variant.text is not None:
            yield LineView((f"on {channel} instead:",), indent=2)
            yield from (LineView((line,), indent=4) for line in escape.lines(variant.text))


def _certification(subject: Certification | Message) -> Iterator[LineView]:
    from omnipub.domain.certification import Certification

    if not isinstance(subject, Certification):
        return
    yield LineView((subject.member, "earned", subject.type, "on", subject.earned_on.isoformat()), indent=2)
    if subject.linkedin_url:
        yield LineView(("profile:", subject.linkedin_url), indent=2)
    if subject.photo is not None:
        yield LineView(("photo:", subject.photo.content_type, f"{subject.photo.size:,} bytes"), indent=2)
    if subject.personal_message:
        yield LineView(("message:",), indent=2)
        yield from (LineView((line,), indent=4) for line in escape.lines(subject.personal_message))
