"""Says at once what holds a delivery that is due: a pause, or an unusable account."""

from __future__ import annotations

import shlex
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from omnipub.domain.delivery.model import Delivery
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call

LOOK_EVERY = 2.0
"""Seconds between two looks at what holds something, while it is followed."""


@dataclass(frozen=True, kw_only=True)
class HoldNotice:
    """What holds deliveries: the sentence, and the command that lets them go on."""

    sentence: str
    next: str


@dataclass(kw_only=True)
class HoldNotices:
    """What holds the deliveries of one message or certification, each told once.

    Attributes:
        channels: Which are held, and would be if they were tried now.
    """

    call: Call
    system: System
    channels: set[str] = field(default_factory=set)
    _printed: set[HoldNotice] = field(default_factory=set)
    _looked: float | None = None

    def look(self, deliveries: Sequence[Delivery], now: datetime) -> bool:
        """Tell what is new of what holds them; whether all of them are due and held."""
        if self._looked is None or time.monotonic() - self._looked >= LOOK_EVERY:
            self._looked = time.monotonic()
            self._look(deliveries)
        due = all(one.due_at is not None and one.due_at <= now for one in deliveries)
        return bool(deliveries) and due and {one.channel for one in deliveries} <= self.channels

    def are_due(self, deliveries: Sequence[Delivery], now: datetime) -> bool:
        """Whether one of the held ones is due, and so is held now rather than later."""
        return any(one.due_at is not None and one.due_at <= now for one in deliveries if one.channel in self.channels)

    def _look(self, deliveries: Sequence[Delivery]) -> None:
        self.channels.clear()
        for one in deliveries:
            for hold in holds_of(self.system, one):
                self.channels.add(one.channel)
                if hold not in self._printed:
                    self._printed.add(hold)
                    self.call.output.warn(hold.sentence)
                    self.call.output.hint(f"Let it go on: {self.call.typed(hold.next)}")


def holds_of(system: System, delivery: Delivery) -> list[HoldNotice]:
    """What would hold a delivery at this moment, the widest scope first.

    Nothing holds what has ended or is being published.
    """
    from omnipub.domain.delivery.lifecycle import HOLDABLE
    from omnipub.domain.ids import network_of
    from omnipub.services.channels.networks import unknown
    from omnipub.services.pauses.scopes import bound_to, scopes_of
    from omnipub_cli.commands._shared.deliveries import group_of

    if delivery.status not in HOLDABLE:
        return []
    if network_of(delivery.channel) not in system.channels:
        group = group_of(delivery.parent)
        return [HoldNotice(sentence=unknown(delivery.channel), next=f"{group} show {delivery.parent.id}")]
    scopes = scopes_of(delivery)
    found = [
        HoldNotice(
            sentence=f"Paused by {one.by}: {one.scope}. Why: {one.reason}",
            next=f"resume {shlex.quote(one.scope)}",
        )
        for one in system.pauses.all()
        if one.scope in scopes
    ]
    bound = bound_to(system.world.table, delivery)
    if bound.connection is None:
        why, words = "is not connected any more", ["connect", delivery.channel, "--account", delivery.account]
    else:
        why, words = f"needs its owner: {bound.connection.standing_reason}", ["test", bound.connection.channel]
    if not bound.works:
        sentence = f"{delivery.channel} ({delivery.account}) {why}"
        found.append(HoldNotice(sentence=sentence.rstrip(".") + ".", next=shlex.join(["connections", *words])))
    return found
