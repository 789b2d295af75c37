"""What the commands that change deliveries have in common: how they show what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from omnipub.errors import NotFoundError
from omnipub_cli.output.views import Cell, Column, StatusCell, TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.domain.ids import Parent
    from omnipub.services.messages.read import Shown
    from omnipub_cli.framework.context import Call
    from omnipub_cli.output.json_documents.message_documents import NamedDeliveryJson, ParentJson

COLUMNS = (
    Column("ID"),
    Column("CHANNEL"),
    Column("STATUS"),
    Column("DUE", rank=2),
    Column("WHY", flexible=True, rank=1),
)


def table(deliveries: Sequence[Delivery]) -> list[TableView]:
    """The deliveries as rows; no table if there are none."""
    rows: list[Sequence[Cell]] = [
        (
            one.parent.id,
            one.channel,
            StatusCell(one.status.value),
            one.due_at,
            one.reason.sentence if one.reason else "",
        )
        for one in deliveries
    ]
    return [TableView(columns=COLUMNS, rows=rows)] if rows else []


def shapes(deliveries: Sequence[Delivery]) -> list[NamedDeliveryJson]:
    """Deliveries of several messages and certifications as JSON."""
    from omnipub.services.messages import serialize

    return [{**whose(one.parent), **serialize.delivery(one)} for one in deliveries]


def whose(parent: Parent) -> ParentJson:
    """The parent as JSON."""
    return {"id": parent.id, "kind": parent.kind.name.lower()}


def ids(deliveries: Sequence[Delivery]) -> list[str]:
    """What they belong to, each once."""
    return list(dict.fromkeys(one.parent.id for one in deliveries))


def show_changed(call: Call, parent: Parent, changed: Sequence[Delivery]) -> None:
    """Print the deliveries of one message or certification that a command has changed."""
    from omnipub.services.messages import serialize

    document = whose(parent) | {"deliveries": [serialize.delivery(one) for one in changed]}
    call.output.data(*table(changed), json=document, ids=[parent.id])


def only(shown: Shown, channels: Sequence[str]) -> list[Delivery]:
    """Its deliveries to the channels named, or all.

    Raises:
        NotFoundError: It does not go to one of them.
    """
    by_channel = {one.channel: one for one in shown.deliveries}
    unknown = [channel for channel in channels if channel not in by_channel]
    if unknown:
        raise NotFoundError(
            f"{shown.parent.id} does not go to {', '.join(unknown)}.", hint=f"It goes to {', '.join(by_channel)}."
        )
    return [by_channel[channel] for channel in channels or by_channel]


def group_of(parent: Parent) -> str:
    """The command group that shows it."""
    return "messages" if parent.kind.name == "MESSAGE" else "certs"
