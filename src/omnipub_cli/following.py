"""Follow a message or certification until every channel has an end."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from omnipub_cli.drawing import Cell, Column, State, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.delivery import Delivery
    from omnipub.domain.identity import Parent
    from omnipub.services.showing import Shown
    from omnipub.wiring import System
    from omnipub_cli.context import Call

LOOK_EVERY = 0.1

RESULTS = (
    Column("CHANNEL"),
    Column("STATUS"),
    Column("PUBLISHED"),
    Column("LATE MS", right=True),
    Column("TRIES", right=True),
    Column("WHERE"),
)


def follow(call: Call, system: System, parent: Parent, *, timeout: float) -> Shown:
    """Wait until every delivery is settled, or `timeout` seconds after the last due moment; how it was then."""
    from omnipub.domain.lifecycle import UNSETTLED  # noqa: PLC0415  only with --wait

    with call.output.progress() as progress:
        while True:
            shown = system.showing.one(parent, call.viewer())
            progress.show(Table(columns=RESULTS[:2], rows=[row[:2] for row in results(shown.deliveries)]))
            open_ = [one for one in shown.deliveries if one.status in UNSETTLED]
            now = system.world.clock.now()
            last = max((one.due_at for one in shown.deliveries if one.due_at), default=now)
            if not open_ or now > last + timedelta(seconds=timeout):
                return shown
            time.sleep(LOOK_EVERY)


def results(deliveries: Sequence[Delivery]) -> list[list[Cell]]:
    """Rows of RESULTS."""
    return [
        [
            one.channel,
            State(one.status.value),
            one.published_at,
            late(one),
            one.attempts,
            one.permalink or (one.reason.sentence if one.reason else "") or one.network_id,
        ]
        for one in deliveries
    ]


def late(delivery: Delivery) -> int | None:
    """Milliseconds from what was asked to the network's answer."""
    from omnipub.domain.moments import milliseconds  # noqa: PLC0415  likewise

    if delivery.published_at is None or delivery.due_at is None:
        return None
    return milliseconds(delivery.published_at - delivery.due_at)
