"""`omnipub table seed`: fill the table with invented messages."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.names import SEED_OWNER
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Yes, examples
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.table_documents import SeededJson

app = typer.Typer(add_completion=False)


@app.command(
    cls=Command,
    epilog=examples("omnipub table seed --yes", "omnipub table seed --messages 100000 --seed 7 --yes --data ./big"),
)
def seed(
    context: typer.Context,
    *,
    messages: Annotated[
        int, typer.Option("--messages", "-n", min=1, max=1_000_000, metavar="N", help="From 1 to 1,000,000.")
    ] = 1000,
    seed: Annotated[
        int,
        typer.Option("--seed", min=0, max=2**63 - 1, metavar="S", help="The same seed gives the same items."),
    ] = 1,
    yes: Yes = False,
) -> None:
    """Fill the table with invented messages, the same for the same seed; none of them can be sent."""
    from omnipub.domain.timestamps import to_text
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
        plan = seeding.check(messages=messages, seed=seed)
        confirm(call, f"{messages:,} invented messages are written into {call.where}.", yes=yes)
        with counted(call.output, "messages", of=messages) as progress:
            items = seeding.seed(messages=messages, seed=seed, progress=progress)
    document: SeededJson = {
        "seed": seed,
        "as_of": to_text(plan.as_of),
        "messages": messages,
        "items": items,
        "owner": SEED_OWNER,
    }
    call.output.data(
        RecordView(fields=[("seed", str(seed)), ("as of", plan.as_of), ("messages", messages), ("items", items)]),
        json=document,
    )
    call.output.note(
        f"They belong to {SEED_OWNER}, who has no connections, so none is ever sent. What is scheduled is due "
        "from the day after tomorrow on, and is held then."
    )
    call.output.hint(f"Look at them: {call.typed('messages list')}")
    call.output.hint(f"Remove them: {call.typed('table unseed')}")
