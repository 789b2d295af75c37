"""What `messages show` and `certs show` have in common: the subject's head, what it says, and its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub_cli import plain
from omnipub_cli.drawing import Line, Record, State, Story
from omnipub_cli.timeline import timeline

if TYPE_CHECKING:
    from collections.abc import Iterator

    from omnipub.domain.certification import Certification
    from omnipub.domain.message import Content, Message
    from omnipub.services.showing import Shown
    from omnipub.wiring import System
    from omnipub_cli.context import Call
    from omnipub_cli.drawing import Cell


def present(call: Call, system: System, shown: Shown) -> None:
    """Print it whole."""
    from omnipub.domain.message import Message  # noqa: PLC0415  the command has imported it
    from omnipub.services import views  # noqa: PLC0415  likewise

    subject = shown.subject
    said = list(_message(subject.content) if isinstance(subject, Message) else _certification(subject))
    call.output.data(
        Record(fields=_head(shown)),
        *([Story(lines=said)] if said else []),
        timeline(shown, system.world.clock.now()),
        json=views.shown(shown),
        ids=[shown.parent.id],
    )
    if any(one.status.value in {"scheduled", "publishing"} for one in shown.deliveries):
        call.warn_if_nothing_runs()


def _head(shown: Shown) -> list[tuple[str, Cell]]:
    schedule = shown.subject.schedule
    asked = f"{schedule.local.replace('T', ' ')} {schedule.zone}"
    return [
        ("id", shown.parent.id),
        ("status", State(shown.status.value)),
        ("created", shown.subject.created_at),
        ("due", schedule.at),
        *([("asked for", asked)] if schedule.zone != "UTC" else []),
        ("owner", shown.subject.owner),
    ]


def _message(content: Content) -> Iterator[Line]:
    for line in plain.lines(content.text) if content.text else ():
        yield Line((line,), indent=2)
    for name, value in (
        ("link:", content.link),
        ("link title:", content.link_title),
        ("hashtags:", " ".join(f"#{tag}" for tag in content.hashtags)),
    ):
        if value:
            yield Line((name, value), indent=2)
    for number, one in enumerate(content.media, 1):
        yield Line((f"image {number}:", one.content_type, f"{one.size:,} bytes,", one.alt or "no alt text"), indent=2)
    for channel, variant in content.variants.items():
        if variant.text is not None:
            yield Line((f"on {channel} instead:",), indent=2)
            yield from (Line((line,), indent=4) for line in plain.lines(variant.text))


def _certification(subject: Certification | Message) -> Iterator[Line]:
    from omnipub.domain.certification import Certification  # noqa: PLC0415  likewise

    if not isinstance(subject, Certification):
        return
    yield Line((subject.member, "earned", subject.type, "on", subject.earned_on.isoformat()), indent=2)
    if subject.linkedin_url:
        yield Line(("profile:", subject.linkedin_url), indent=2)
    if subject.photo is not None:
        yield Line(("photo:", subject.photo.content_type, f"{subject.photo.size:,} bytes"), indent=2)
    if subject.personal_message:
        yield Line(("message:",), indent=2)
        yield from (Line((line,), indent=4) for line in plain.lines(subject.personal_message))
