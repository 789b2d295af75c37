"""What to type about a delivery that needs somebody, and why: one row for each status."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub_cli.commands._shared.deliveries import group_of
from omnipub_cli.commands._shared.held import holds_of
from omnipub_cli.output.times import span

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from omnipub.domain.delivery.model import Delivery
    from omnipub.wiring.assemble import System
    from omnipub_cli.commands._shared.held import HoldNotice
    from omnipub_cli.framework.context import Call

BY_STATUS = {
    "unconfirmed": "messages reconcile {id} --channel {channel}",
    "failed": "messages retry {id} --channel {channel}",
    "missed": "messages retry {id} --channel {channel}",
    "publishing": "schedule run-now {id}",
    "scheduled": "schedule run-now {id}",
}
"""Status → the command that moves it, unless something else stands in its way."""


def step(call: Call, system: System, delivery: Delivery) -> str:
    """The command to type next, whole."""
    if delivery.status.value == "held" and (holds := [one for one in holds_of(call, system, delivery) if one.next]):
        return holds[0].next
    typed = _instead(call, system, delivery) or BY_STATUS[delivery.status.value]
    return call.typed(typed.format(id=delivery.parent.id, channel=delivery.channel))


def why(delivery: Delivery, now: datetime, holds: Sequence[HoldNotice] = ()) -> str:
    """Why it needs somebody; what is held says what holds it now, which need not be what held it first."""
    reason = delivery.reason.sentence if delivery.reason else ""
    since = span(now - delivery.next_at) if delivery.next_at else ""
    match delivery.status.value:
        case "publishing":
            sentence = f"Its worker did not come back; {since} ago it should have been looked for."
            return f"{sentence} {reason}".rstrip()
        case "scheduled":
            return f"It should have been taken {since} ago. {reason}".rstrip()
        case "held":
            return holds[0].sentence if holds else reason or "It is held."
        case status:
            return reason or f"It is {status}."


def _instead(call: Call, system: System, delivery: Delivery) -> str:
    """What must come first: a pause that ends, a table that is adopted, something that runs, a person who looks."""
    from omnipub.domain.delivery.rules import ReconcileMethod
    from omnipub.domain.ids import network_of
    from omnipub.errors import GateClosedError

    show = f"{group_of(delivery.parent)} show {{id}}"
    match delivery.status.value:
        case "unconfirmed":
            known = system.channels.get(network_of(delivery.channel))
            return "" if known is not None and known.remedy(delivery.account) is ReconcileMethod.LOOK_UP else show
        case "failed":
            # Refused with tries left is refused for good: the same again would be refused again.
            return show if delivery.tries_used < system.settings.tries else ""
        case "held":
            return show
        case "scheduled" | "publishing":
            try:
                system.gate.check()
            except GateClosedError:
                return "table adopt"
            return "" if call.runs else "up"
    return ""
