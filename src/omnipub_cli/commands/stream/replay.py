"""`omnipub stream replay`: what became of records, asked of the table or of the worker once more."""

from typing import TYPE_CHECKING, Annotated

import typer

from omnipub.errors import InvalidInputError
from omnipub_cli.framework.context import call_of
from omnipub_cli.framework.options import Command, Yes, examples, once

if TYPE_CHECKING:
    from omnipub.services.stream.replay import Replay
    from omnipub_cli.commands.stream._replay import ReplaySelection

app = typer.Typer(add_completion=False)

RATE = 100


@app.command(
    cls=Command,
    epilog=examples(
        "omnipub stream replay --since 2h --dry-run",
        "omnipub stream replay --since 3h --until 2h --yes",
        "omnipub stream replay --from 1042 --reput --rate 10",
        "omnipub stream replay --parked",
    ),
)
def replay(  # noqa: PLR0913  one argument for each option
    context: typer.Context,
    ids: Annotated[
        list[str] | None, typer.Argument(metavar="[ID]...", help="With --parked: only these, by their sequence.")
    ] = None,
    *,
    since: Annotated[
        str, typer.Option(metavar="TIME", help="What arrived since: a moment, or how long ago, e.g. 15m.")
    ] = "",
    from_: Annotated[
        str,
        typer.Option("--from", metavar="SEQUENCE", help="This record and all behind it, as `stream tail` shows it."),
    ] = "",
    parked: Annotated[bool, typer.Option("--parked", help="The records that the worker gave up.")] = False,
    until: Annotated[str, typer.Option(metavar="TIME", help="Up to here, excluded (default: now).")] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what the table says about each; send and write nothing.")
    ] = False,
    reput: Annotated[
        bool,
        typer.Option(
            "--reput",
            help="Put the pointers on the stream again, instead of calling the worker here; on AWS always.",
        ),
    ] = False,
    rate: Annotated[
        int, typer.Option("--rate", min=1, max=10_000, metavar="N", help="Records a second at most.")
    ] = RATE,
    yes: Yes = False,
) -> None:
    """Give records of the stream, or parked ones, to the worker again; what is out is not sent again."""
    from omnipub_cli.commands.stream import _replay

    call = call_of(context)
    _check(since=since, from_=from_, parked=parked, until=until, ids=ids or ())
    reput = reput or call.on_aws  # what a stage publishes, its own worker sends, never this machine
    with call.system() as system:
        again = call.replay(system)
        wanted = _wanted(again, since=since, from_=from_, until=until, ids=once(ids))
        if dry_run:
            _replay.foretell(call, again, wanted, reput=reput)
        else:
            _replay.replay(call, system, again, wanted, reput=reput, rate=rate, yes=yes)


def _check(*, since: str, from_: str, parked: bool, until: str, ids: "list[str] | tuple[()]") -> None:
    """Exactly one way to say which records.

    Raises:
        InvalidInputError: None, or several; or an option of another way.
    """
    ways = [name for name, given in (("--since", since), ("--from", from_), ("--parked", parked)) if given]
    if len(ways) != 1:
        sentence = f"{' and '.join(ways)} say which records in two ways." if ways else "Nothing says which records."
        raise InvalidInputError(sentence, hint="Use one: --since TIME, --from SEQUENCE or --parked.")
    if ids and not parked:
        raise InvalidInputError("Only parked records are named by id.", hint="Use --from SEQUENCE, or add --parked.")
    if until and parked:
        raise InvalidInputError("--until is about the stream, not about parked records.", hint="Leave it out.")


def _wanted(again: "Replay", *, since: str, from_: str, until: str, ids: list[str]) -> "ReplaySelection":
    """The records that are asked for."""
    from omnipub.ports.stream_reader import StartPosition
    from omnipub_cli.commands.stream._replay import ReplaySelection
    from omnipub_cli.framework.since import since_of

    if not (since or from_):
        return ReplaySelection(ids=ids)
    now = again.base.clock.now()
    end = since_of(until, "--until", now=now) if until else now
    shard, start = again.records.place(from_) if from_ else ("", StartPosition(at=since_of(since, "--since", now=now)))
    if start.at is not None and start.at >= end:
        raise InvalidInputError("--since must lie before --until.", hint="--until is excluded.")
    return ReplaySelection(start=start, shard=shard, until=end, gone=again.records.gone_from(start, shard))
