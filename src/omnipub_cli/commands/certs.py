"""`omnipub certs`: announce certifications and see what became of them."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub_cli.commands._shared.list import TEACHING, add_list
from omnipub_cli.commands._shared.show import add_show
from omnipub_cli.framework import inputs
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import (
    At,
    Command,
    Fold,
    Key,
    NotAfter,
    Timeout,
    To,
    Wait,
    Zone,
    examples,
    group,
    listed,
)
from omnipub_cli.output.views import Column, TableView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.message_documents import CertificationTypesJson

_FIRST = TEACHING["certs"]

app = group("Announce certifications and see what became of them.", f"omnipub {_FIRST}")

TYPES = (
    Column("TYPE"),
    Column("LEVEL", rank=3),
    Column("EXAM"),
    Column("FROM", rank=4),
    Column("UNTIL", rank=2),
    Column("NAME", flexible=True),
)


@app.command(
    cls=Command,
    epilog=examples(
        f"omnipub {_FIRST}",
        'omnipub certs announce --member "Ada Lovelace" --type SAA-C03 --earned-on yesterday --to linkedin '
        '--linkedin-url https://www.linkedin.com/in/ada --photo ada.jpg --at "monday 9:00" --zone Europe/Berlin',
    ),
)
def announce(  # noqa: PLR0913  a command's options are its parameters
    context: typer.Context,
    *,
    member: Annotated[str, typer.Option(metavar="NAME", help="Who earned it, as it shall be written.")],
    type_: Annotated[
        str, typer.Option("--type", metavar="TYPE", help="What: a name, slug or exam code; see `omnipub certs types`.")
    ],
    earned_on: Annotated[
        str, typer.Option(metavar="DATE", help="The day on the certificate: YYYY-MM-DD, today or yesterday.")
    ],
    to: To,
    linkedin_url: Annotated[str, typer.Option(metavar="URL", help="The member's LinkedIn profile.")] = "",
    photo: Annotated[str, typer.Option(metavar="FILE", help="A picture of the member.")] = "",
    photo_alt: Annotated[str, typer.Option(metavar="TEXT", help="What the picture shows.")] = "",
    message: Annotated[str, typer.Option(metavar="TEXT", help="What the team adds; - reads standard input.")] = "",
    at: At = "",
    zone: Zone = "",
    fold: Fold = None,
    not_after: NotAfter = "",
    idempotency_key: Key = "",
    wait: Wait = False,
    timeout: Timeout = 120,
) -> None:
    """Announce a member's certification, with each network's own words, once per member, type and day."""
    from omnipub.domain.certification import Certification
    from omnipub.domain.certification_catalog import type_named
    from omnipub.domain.timestamps import Schedule
    from omnipub_cli.commands._shared.create import explained, key_of, show_created

    call = call_of(context)
    schedule, window = inputs.schedule(at, zone, fold), inputs.window(not_after, zone, fold)
    day = inputs.day_of(earned_on, "--earned-on")
    slug = type_named(type_).slug
    personal = inputs.text_of(message, call.output)
    channels = listed(to)
    with call.system() as system:
        pictures = inputs.images([photo] if photo else [], [photo_alt] if photo_alt else [], system.world.media)
        now = system.world.clock.now()
        draft = Certification(
            id="",
            owner=call.owner,
            created_at=now,
            member=member,
            type=slug,
            earned_on=day,
            linkedin_url=linkedin_url,
            photo=pictures[0] if pictures else None,
            personal_message=personal,
            channels=tuple(channels),
            schedule=schedule or Schedule(at=now, local="", zone="UTC"),
        )
        request = {
            "member": member,
            "type": slug,
            "earned_on": day.isoformat(),
            "linkedin_url": linkedin_url,
            "photo": [[one.key, one.alt] for one in pictures],
            "message": personal,
            "channels": channels,
            "at": [at, zone, fold],
            "not_after": not_after,
        }
        with explained(call):
            created = system.announce.certification(
                draft=draft,
                schedule=schedule,
                window=window,
                idempotency=key_of(idempotency_key, "certs announce", request),
            )
        show_created(call, system, created, group="certs", wait=wait, timeout=timeout)


add_list(app, "certs", "List announced certifications, newest first, with their state.")
add_show(app, "certs", "Show a certification and, for every channel, what happened and what follows.")


@app.command(cls=Command, epilog=examples("omnipub certs types", "omnipub certs types --all --json"))
def types(
    context: typer.Context,
    *,
    all_: Annotated[bool, typer.Option("--all", help="Also those that can no longer be earned.")] = False,
) -> None:
    """List the certifications that can be announced, with their exams and dates."""
    from omnipub.domain.certification_catalog import AS_OF
    from omnipub.services.channels.catalog import catalogue

    call = call_of(context)
    today = inputs.today().isoformat()
    rows = catalogue()
    shown = [one for one in rows if all_ or one["retired_on"] is None or one["retired_on"] >= today]
    cells = [
        (one["type"], one["level"], one["codes"], one["available_from"], one["retired_on"], one["name"])
        for one in shown
    ]
    document: CertificationTypesJson = {"types": shown, "as_of": AS_OF.isoformat()}
    call.output.data(
        TableView(columns=TYPES, rows=cells),
        json=document,
        ids=[one["type"] for one in shown],
    )
    if len(shown) < len(rows):
        call.output.note(f"{len(rows) - len(shown)} retired ones are hidden; --all shows them.")
