"""`omnipub table verify`: what is wrong in the table."""

import shlex
from typing import TYPE_CHECKING

import typer

from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.output.views import Column, LineView, StoryView, TableView, View

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from omnipub.services.table.verify import IntegrityFinding
    from omnipub_cli.output.json_documents.table_documents import IntegrityFindingJson, VerifiedJson

app = typer.Typer(add_completion=False)

FINDINGS = (Column("CHECK"), Column("KEY"), Column("WHAT"), Column("NEXT"))

_NEXT = {
    "no_moment": "messages edit {id} --at TIME",
    "old_revision": "messages edit {id} --at TIME",
    "no_network_id": "messages show {id}",
    "no_published_at": "messages show {id}",
    "unmarked_connection": "connections list",
    "seed_connected": "table unseed",
}
"""What to type about a finding; about the others, look at the item itself."""


@app.command(cls=Command, epilog=examples("omnipub table verify", "omnipub table verify --json"))
def verify(context: typer.Context) -> None:
    """Look at every item and say what is wrong in the table; exit 1 if anything is."""
    from omnipub.services.table.verify import Verifier
    from omnipub_cli.output.progress import counted

    call = call_of(context)
    with call.system() as system, counted(call.output, "items") as progress:
        found = Verifier(base=system.base).verify(progress=progress)
    rows = [_shape(call, finding) for finding in found.findings]
    items, wrong = sum(found.items.values()), sum(found.counts.values())
    document: VerifiedJson = {
        "clean": found.clean,
        "items": items,
        "kinds": dict(found.items),
        "counts": {check.value: count for check, count in found.counts.items()},
        "findings": rows,
    }
    call.output.data(
        *_views(call, rows),
        json=document,
        ids=[row["key"] for row in rows],
    )
    call.output.note(f"Looked at {items:,} items; {f'findings: {wrong:,}' if wrong else 'nothing is wrong'}.")
    if wrong > len(rows):
        call.output.note(f"The first {len(rows):,} findings are shown.")
    if not found.clean:
        raise typer.Exit(ExitCode.FAILURE)


def _views(call: Call, rows: "Sequence[IntegrityFindingJson]") -> "Iterator[View]":
    """Rows for programs; for people lines, as keys and commands are too long to stand side by side."""
    if not rows:
        return
    if not call.output.look.terminal:
        yield TableView(
            columns=FINDINGS, rows=[(row["check"], row["key"], row["sentence"], row["next"]) for row in rows]
        )
        return
    for row in rows:
        heading = LineView((row["check"], row["key"]), heading=True)
        yield StoryView(
            lines=[heading, LineView((row["sentence"],), indent=2), LineView(("type:", row["next"]), indent=2)]
        )


def _shape(call: Call, finding: "IntegrityFinding") -> "IntegrityFindingJson":
    from omnipub.storage import keys

    name = keys.name(finding.key)
    parent = keys.parent_of(finding.key.pk)
    words = _NEXT.get(finding.check, "table inspect {key}").format(
        id=parent.id if parent else "", key=shlex.quote(name)
    )
    return {"check": finding.check.value, "key": name, "sentence": finding.sentence, "next": call.typed(words)}
