"""`omnipub demo`: the whole system at work on every channel, and what the networks counted."""

import shlex
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from omnipub.names import API_ROOT, LOCAL_OWNER
from omnipub_cli.commands._shared.api_client import Client, fetch
from omnipub_cli.framework.context import Call, call_of
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.framework.options import Command, examples
from omnipub_cli.framework.signals import termination
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from omnipub_cli.output.json_documents.machine_documents import DemoCountJson, DemoJson

app = typer.Typer(add_completion=False)

PATIENCE = 60
"""Seconds after the last due moment until what is not published counts as failed."""

LOOK_EVERY = 0.1
EARNED = "solutions-architect-associate"

PROGRESS = (Column("CHANNEL"), Column("WHAT"), Column("STATUS"))
RESULT = (
    Column("CHANNEL"),
    Column("WHAT"),
    Column("STATUS"),
    Column("DUE", rank=1),
    Column("PUBLISHED", rank=2),
    Column("LATE MS", right=True),
    Column("TRIES", right=True),
    Column("WHERE", flexible=True),
)


@dataclass(frozen=True, kw_only=True)
class Piece:
    """Something composed through the API: what it is, and where to ask for it."""

    what: str
    path: str


@app.command(cls=Command, epilog=examples("omnipub demo", "omnipub demo --seconds 10 --keep", "omnipub demo --json"))
def demo(
    context: typer.Context,
    *,
    seconds: Annotated[
        float, typer.Option(min=1, max=100, metavar="N", help="How far ahead the scheduled message is due.")
    ] = 4,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the directory it works in.")] = False,
) -> None:
    """See the whole system work: publish now, on schedule and an announcement on every channel, and count the posts."""
    from omnipub.config import Mode
    from omnipub.onebox.data_directory import open_data
    from omnipub.onebox.system import OneMachine

    call = call_of(context)
    with termination(), _directory(call, keep=keep) as (directory, state):
        call.output.note(f"Starting omnipub and a sandbox of the networks in {directory}.")
        with OneMachine(open_data(directory, {}, mode=Mode.SANDBOX, state=state)) as box:
            channels = [one.channel for one in box.system.accounts.of(LOCAL_OWNER)]
            client = Client(base=f"{box.address}{API_ROOT}", token=box.token)
            pieces = _compose(client, channels, seconds)
            call.output.note(f"The wall of the sandbox: {box.sandbox_url}/")
            rows = _watch(call, client, pieces, time.monotonic() + seconds + PATIENCE)
            count = fetch(f"{box.sandbox_url}/_sandbox/count")
        wrong = differences(rows, channels, count, len(pieces))
        _report(call, rows, count, wrong, directory if keep else None)
    if wrong:
        raise typer.Exit(ExitCode.FAILURE)


def differences(
    rows: Sequence[Mapping[str, Any]], channels: Sequence[str], count: Mapping[str, Any], each: int
) -> list[str]:
    """What did not come out as promised, in sentences; empty if every post is out exactly once."""
    wrong = [
        f"{row['what']} on {row['channel']} is {row['status']}, not published."
        for row in rows
        if row["status"] != "published"
    ]
    for channel in channels:
        network = channel.partition(":")[0]
        posts = sum(account["posts"] for account in count["networks"].get(network, {}).values())
        if posts != each:
            wrong.append(f"{network} counted {posts} posts; {each} were asked for.")
    wrong += [
        f"The networks counted {count['totals'][name]} {name}."
        for name in ("doubles", "repeats")
        if count["totals"][name]
    ]
    return wrong


def _compose(client: Client, channels: Sequence[str], seconds: float) -> list[Piece]:
    """Compose a message now, one ahead and an announcement, as any program would."""
    ahead = datetime.now(UTC) + timedelta(seconds=seconds)
    at = ahead.isoformat(timespec="milliseconds")
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    requests: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("now", "/messages", {"text": "Composed once, published everywhere.", "hashtags": ["omnipub"]}),
        ("scheduled", "/messages", {"text": "Published when it was due.", "schedule": {"at": at}}),
        ("certification", "/certifications", {"member": "Ada Lovelace", "type": EARNED, "earned_on": yesterday}),
    )
    pieces = []
    for what, path, body in requests:
        created = client.post(path, body | {"channels": channels}, key=f"demo-{what}")
        pieces.append(Piece(what=what, path=f"{path}/{created['id']}"))
    return pieces


def _watch(call: Call, client: Client, pieces: Sequence[Piece], until: float) -> list[dict[str, Any]]:
    """Follow all deliveries until they are settled or time is up."""
    from omnipub.domain.delivery.lifecycle import UNSETTLED

    with call.output.progress() as progress:
        while True:
            rows = [
                delivery | {"what": piece.what} for piece in pieces for delivery in client.get(piece.path)["deliveries"]
            ]
            progress.show(
                TableView(columns=PROGRESS, rows=[(r["channel"], r["what"], StatusCell(r["status"])) for r in rows])
            )
            if all(row["status"] not in UNSETTLED for row in rows) or time.monotonic() > until:
                return rows
            time.sleep(LOOK_EVERY)


def _report(
    call: Call,
    rows: Sequence[Mapping[str, Any]],
    count: "DemoCountJson",
    wrong: Sequence[str],
    kept: Path | None,
) -> None:
    document: DemoJson = {
        "ok": not wrong,
        "differences": list(wrong),
        "deliveries": [
            {
                "channel": row["channel"],
                "what": row["what"],
                "status": row["status"],
                "due_at": row["due_at"],
                "published_at": row["published_at"],
                "lateness_ms": row["lateness_ms"],
                "attempts": row["attempts_made"],
                "permalink": row["permalink"],
            }
            for row in rows
        ],
        "count": count,
        "data": str(kept) if kept else None,
    }
    call.output.data(
        TableView(columns=RESULT, rows=[_cells(row) for row in rows]),
        json=document,
        ids=[row["permalink"] or row["network_id"] or "" for row in rows],
    )
    call.output.flush()
    totals = count["totals"]
    call.output.note()
    call.output.note(
        f"The networks counted {totals['posts']} posts, {totals['doubles']} doubles, {totals['repeats']} repeats; "
        f"{len(rows)} were asked for."
    )
    for sentence in wrong:
        call.output.warn(sentence)
    if not wrong:
        call.output.note("Every post is out exactly once.")
        call.output.hint("Run it for yourself: omnipub up")
    if kept is not None:
        call.output.hint(f"The links work while this runs: omnipub up --data {shlex.quote(str(kept))}")
    else:
        call.output.note("The sandbox has ended, and its links with it.")
        call.output.hint("Keep them: omnipub demo --keep")


def _cells(row: Mapping[str, Any]) -> Sequence[Cell]:
    reason = row["reason"]["sentence"] if row["reason"] else None
    return (
        row["channel"],
        row["what"],
        StatusCell(row["status"]),
        _moment(row["due_at"]),
        _moment(row["published_at"]),
        row["lateness_ms"],
        row["attempts_made"],
        row["permalink"] or reason or row["network_id"],
    )


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


@contextmanager
def _directory(call: Call, *, keep: bool) -> Iterator[tuple[Path, Path | None]]:
    """A directory, and one for the evidence of its sends, that go when the demo ends.

    What is kept may be used later, so its evidence is kept with that of this user's other tables.
    """
    path = Path(tempfile.mkdtemp(prefix="omnipub-demo-"))
    try:
        yield (path, None) if keep else (path / "data", path / "state")
    finally:
        if keep:
            call.output.note(f"Kept: {path}")
        else:
            shutil.rmtree(path, ignore_errors=True)
