"""`omnipub table import`: bring in what was exported."""

from pathlib import Path
from typing import Annotated

import typer

from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.options import Command, Yes, examples
from omnipub_cli.output.views import RecordView

app = typer.Typer(add_completion=False)


@app.command(
    "import",
    cls=Command,
    epilog=examples(
        "omnipub table import omnipub.jsonl --data ./new --dry-run",
        "omnipub table import omnipub.jsonl --data ./new --yes",
        "omnipub table import omnipub.jsonl --merge",
    ),
)
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="As written by `table export`.")],
    *,
    merge: Annotated[
        bool, typer.Option("--merge", help="Into a table that is not empty: what is absent there.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the file, say what would be written, stop.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Bring in an exported file, after all of it was checked; nothing is sent until the table is adopted."""
    from omnipub.onebox.data_directory import alone
    from omnipub.services.table.dump import TableDump
    from omnipub_cli.commands.table import _jsonl
    from omnipub_cli.framework.prompts import confirm
    from omnipub_cli.output.progress import counted

    call = call_of(context)
    source = file.expanduser().absolute()
    with call.system() as system, alone(call.directory):
        transfer = TableDump(
            base=system.base,
            gate=system.gate,
            settings=system.settings,
        )
        with counted(call.output, "lines checked") as progress:
            checked = transfer.check(_jsonl.read(source), progress=progress)
        transfer.may_enter(merge=merge)
        if not dry_run:
            what = f"{checked.items:,} items are brought into {call.directory}, and nothing is sent from it"
            confirm(call, f"{what} until it is adopted.", yes=yes)
        with counted(call.output, "items", of=checked.items) as progress:
            done = transfer.bring_in(_jsonl.read(source), progress=progress, dry_run=dry_run)
    counts = {"items": checked.items, "written": 0 if dry_run else done.written, "present": done.present}
    call.output.data(
        RecordView(fields=[*counts.items(), *([("would write", done.written)] if dry_run else [])]),
        json=counts | {"dry_run": dry_run, "absent": done.written, "kinds": dict(checked.kinds)},
    )
    if dry_run:
        call.output.note("Nothing was written.")
    else:
        _print(call, accounts=checked.kinds.get("connection", 0))


def _print(call: Call, *, accounts: int) -> None:
    if accounts:
        call.output.note(f"Accounts came without their tokens: {accounts:,}. What is due on them is held.")
        call.output.hint(f"Connect each again: {call.typed('connections connect CHANNEL --account ID')}")
    call.output.warn("A copy is not the original: nothing is sent from this table until it is adopted.")
    call.output.hint(f"When the original is retired for good: {call.typed('table adopt')}")
