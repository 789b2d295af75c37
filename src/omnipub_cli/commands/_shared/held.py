"""Says at once what holds a delivery that is due: a pause, or an unusable account."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from omnipub.hints import Action, Hint

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
    """What holds deliveries.

    Attributes:
        sentence: What holds them, and why.
        goes_on: When they go out, as half a sentence.
        next: What to type; empty if there is nothing.
    """

    sentence: str
    goes_on: str
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
            for hold in holds_of(self.call, self.system, one):
                self.channels.add(one.channel)
                if hold not in self._printed:
                    self._printed.add(hold)
                    self.call.output.warn(hold.sentence)
                    if hold.next:
                        self.call.output.hint(f"Let it go on: {hold.next}")


def holds_of(call: Call, system: System, delivery: Delivery) -> list[HoldNotice]:
    """What a worker would hold a delivery for now, the widest first; none if it is over or under way."""
    from omnipub.domain.delivery.lifecycle import HOLDABLE
    from omnipub.domain.ids import network_of
    from omnipub.services.accounts.check import connect_anew
    from omnipub.services.channels.networks import unknown
    from omnipub.services.pauses.scopes import bound_to, scopes_of

    if delivery.status not in HOLDABLE:
        return []
    scopes = scopes_of(delivery)
    found = [
        HoldNotice(
            sentence=f"Paused by {one.by}: {one.scope}. Why: {one.reason}",
            goes_on="it goes out when the pause ends",
            next=call.command_of(Hint(action=Action.RESUME, scope=one.scope)),
        )
        for one in system.pauses.all()
        if one.scope in scopes
    ]
    if network_of(delivery.channel) not in system.channels:
        goes_on = "it goes out with a release that knows its network"
        return [*found, HoldNotice(sentence=unknown(delivery.channel), goes_on=goes_on, next="")]
    bound = bound_to(system.world.table, delivery)
    if bound.works:
        return found
    if bound.connection is None:
        why = "is not connected any more"
        hint = connect_anew(delivery.channel, delivery.account, delivery.owner, system.channels)
    else:
        why = f"needs its owner: {bound.connection.standing_reason}"
        hint = Hint(action=Action.TEST_ACCOUNT, channel=bound.connection.channel, owner=bound.connection.owner)
    sentence = f"{delivery.channel} ({delivery.account}) {why}"
    notice = HoldNotice(
        sentence=sentence.rstrip(".") + ".",
        goes_on="it goes out when its account works again",
        next=call.command_of(hint),
    )
    return [*found, notice]
