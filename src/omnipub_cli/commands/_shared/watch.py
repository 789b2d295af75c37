"""Follow a message or certification until every channel has an end."""

from __future__ import annotations

from datetime import timedelta
from time import sleep
from typing import TYPE_CHECKING, Any

import typer

from omnipub_cli.commands._shared.deliveries import group_of, whose
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.domain.ids import Parent
    from omnipub.services.messages.read import Shown
    from omnipub.wiring.assemble import System
    from omnipub_cli.commands._shared.held import HoldNotices
    from omnipub_cli.framework.context import Call

LOOK_EVERY = 0.1
"""Seconds between two looks at this machine's table: what happens is seen as it happens."""

LOOK_EVERY_ON_AWS = 1.0
"""The same at a stage's table: each look is requests that somebody pays for."""

RESULTS = (
    Column("CHANNEL"),
    Column("STATUS"),
    Column("PUBLISHED", rank=1),
    Column("LATE MS", right=True),
    Column("TRIES", right=True),
    Column("WHERE", flexible=True),
)


def watched(
    call: Call,
    system: System,
    parent: Parent,
    *,
    timeout: float | None,
    holds: HoldNotices | None = None,
    leaves: bool = False,
) -> Shown:
    """Follow it until every delivery has ended; on Ctrl-C, say how to follow it again.

    Raises:
        KeyboardInterrupt: The person stopped; nothing else did.
    """
    try:
        return follow(call, system, parent, timeout=timeout, holds=holds, leaves=leaves)
    except KeyboardInterrupt:
        call.output.note("It goes on without this command watching.")
        call.output.hint(f"See what becomes of it: {call.typed(f'{group_of(parent)} show {parent.id}')}")
        raise


def show_message(
    call: Call, shown: Shown, facts: dict[str, Any] | None = None, *, held: Collection[str] = frozenset()
) -> None:
    """Print what became of it, `facts` before it in the JSON document; `held` are channels that something holds.

    Raises:
        typer.Exit: A channel has not published it; the code says whether it is only held.
    """
    from omnipub.services.messages import serialize

    known = whose(shown.parent) if facts is None else facts
    document = known | {"status": shown.status.value, "deliveries": serialize.shown(shown)["deliveries"]}
    call.output.data(TableView(columns=RESULTS, rows=results(shown.deliveries)), json=document, ids=[shown.parent.id])
    missing = [one.channel for one in shown.deliveries if one.status.value != "published"]
    if missing:
        call.output.warn(f"Not published: {', '.join(missing)}.")
        call.output.hint(f"See why: {call.typed(f'{group_of(shown.parent)} show {shown.parent.id}')}")
        raise typer.Exit(code_of(shown, held))


def code_of(shown: Shown, held: Collection[str] = frozenset()) -> ExitCode:
    """The exit code for what was followed.

    What is held has not failed: a person only has to release it.

    Args:
        shown: How it is.
        held: Channels that something holds, whether or not a worker has noticed.
    """
    missing = {
        "held" if one.status.value == "scheduled" and one.channel in held else one.status.value
        for one in shown.deliveries
    } - {"published"}
    if not missing:
        return ExitCode.OK
    return ExitCode.PAUSED if missing == {"held"} else ExitCode.FAILURE


def follow(
    call: Call,
    system: System,
    parent: Parent,
    *,
    timeout: float | None,
    holds: HoldNotices | None = None,
    leaves: bool = False,
) -> Shown:
    """Wait until every delivery is settled, or `timeout` seconds after the last due moment; how it was then.

    Args:
        call: The call.
        system: Where it is.
        parent: What is followed.
        timeout: None waits without end.
        holds: Tells what holds it, as soon as that is known.
        leaves: Whether to end when all that is open is due and held.
    """
    from omnipub.domain.delivery.lifecycle import UNSETTLED

    with call.output.progress() as progress:
        while True:
            shown = system.showing.one(parent, call.viewer())
            progress.show(TableView(columns=RESULTS[:2], rows=[row[:2] for row in results(shown.deliveries)]))
            open_ = [one for one in shown.deliveries if one.status in UNSETTLED]
            now = system.world.clock.now()
            last = max((one.due_at for one in shown.deliveries if one.due_at), default=now)
            stays_held = holds is not None and holds.look(open_, now)
            if (
                not open_
                or (leaves and stays_held)
                or (timeout is not None and now > last + timedelta(seconds=timeout))
            ):
                return shown
            sleep(LOOK_EVERY_ON_AWS if call.on_aws else LOOK_EVERY)


def results(deliveries: Sequence[Delivery]) -> list[list[Cell]]:
    """Rows of RESULTS."""
    return [
        [
            one.channel,
            StatusCell(one.status.value),
            one.published_at,
            one.lateness_ms,
            one.attempts,
            one.permalink or (one.reason.sentence if one.reason else "") or one.network_id,
        ]
        for one in deliveries
    ]
