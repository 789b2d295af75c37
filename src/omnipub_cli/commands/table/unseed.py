"""`omnipub table unseed`: remove what was invented."""

from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Yes, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.table_documents import UnseededJson

app = typer.Typer(add_completion=False)


@app.command(cls=Command, epilog=examples("omnipub table unseed", "omnipub table unseed --yes --data ./big"))
def unseed(context: typer.Context, *, yes: Yes = False) -> None:
    """Remove everything that seed has invented."""
    from omnipub.seed.seeding import Seeding
    from omnipub_cli.framework.prompts import confirm
    from omnipub_cli.output.progress import counted

    call = call_of(context)
    with call.system() as system:
        seeding = Seeding(
            base=system.base,
            settings=system.settings,
            networks=tuple(system.channels),
        )
        there = seeding.seeded()
        if there is not None:
            what = f"The {there.messages:,} messages of seed {there.seed}, and all that belongs to them,"
            confirm(call, f"{what} are removed from {call.where}.", yes=yes)
        with counted(call.output, "removed", of=there.messages if there else None) as progress:
            removed = seeding.unseed(progress=progress)
    document: UnseededJson = {"removed": removed}
    call.output.data(*([RecordView(fields=[("removed", removed)])] if removed else []), json=document)
    if not removed:
        call.output.note(f"Nothing is invented in {call.where}.")
        call.output.hint(f"Invent something: {call.typed('table seed')}")
