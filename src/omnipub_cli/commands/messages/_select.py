"""Which deliveries a verb acts on: those of ids, or what a filter finds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import product
from typing import TYPE_CHECKING

from omnipub.domain.delivery.allowed_actions import Permission, permission, statuses
from omnipub.domain.delivery.allowed_actions import refusal as refused
from omnipub.domain.delivery.lifecycle import WATCHED
from omnipub.errors import ConflictError, InvalidInputError
from omnipub_cli.commands._shared import deliveries, pages
from omnipub_cli.commands._shared.filters import filter_of
from omnipub_cli.commands._shared.lookup import named
from omnipub_cli.framework.options import once

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from omnipub.domain.delivery.lifecycle import Status
    from omnipub.domain.delivery.model import Delivery
    from omnipub.hints import Action
    from omnipub.services.messages.filters import Filter
    from omnipub.services.messages.read import MessageRows, Shown
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call
    from omnipub_cli.framework.one_or_all import DeliverySelection

AT_MOST = 500
"""Deliveries of one command: no more than a person can have looked at."""


@dataclass(frozen=True, kw_only=True)
class Verb:
    """A verb that acts on deliveries.

    Attributes:
        action: The action, named as it is typed.
        does: What it does to them, for the question: `This <does> 3 deliveries.`
        warning: What the question adds where it acts on one of `if_named`.
    """

    action: Action
    does: str
    warning: str = ""

    @property
    def name(self) -> str:
        """As it is typed."""
        return self.action.value

    @property
    def meant(self) -> tuple[Status, ...]:
        """Statuses it acts on."""
        return statuses(self.action)

    @property
    def if_named(self) -> tuple[Status, ...]:
        """Statuses it acts on only where a person named the channel of an id, or the status."""
        return tuple(one for one in statuses(self.action, named=True) if one not in self.meant)


@dataclass(frozen=True, kw_only=True)
class Picked:
    """What to act on: ids, or a filter, with the channels named."""

    ids: tuple[str, ...]
    channels: tuple[str, ...]
    filter_: Filter

    @property
    def one(self) -> bool:
        """Whether it is a single id, which needs no list and no question."""
        return len(self.ids) == 1

    @property
    def names_status(self) -> bool:
        """Whether a person named what may be sent twice."""
        return bool(self.filter_.status or (self.ids and self.channels))


def picked(verb: Verb, aim: DeliverySelection, *, now: datetime) -> Picked:
    """What was typed, checked.

    Raises:
        InvalidInputError: Nothing was named, ids stand beside a filter, or the verb does not act on that status.
    """
    from omnipub.services.messages.filters import OFFERED, Filter

    ids, channels = aim.ids, once(aim.channel)
    filter_ = filter_of(aim, now=now)
    narrowed = filter_ != Filter()
    if ids and narrowed:
        raise InvalidInputError("Ids and a filter exclude each other.", hint="Leave one out; --channel goes with both.")
    if not (ids or narrowed or channels):
        raise InvalidInputError(
            f"There is nothing to {verb.name}.",
            hint="Give ids, or narrow it with --status, --channel, --owner, --since, --until, --due-after, "
            "--due-before, --text or --import.",
        )
    allowed = (*verb.meant, *verb.if_named)
    if filter_.status and filter_.status not in allowed:
        raise InvalidInputError(
            f"{verb.name} does not act on what is '{filter_.status}'.",
            hint=f"It acts on: {', '.join(one for one in allowed if one in OFFERED)}.",
        )
    return Picked(ids=tuple(dict.fromkeys(ids or ())), channels=tuple(channels), filter_=filter_)


def chosen(call: Call, system: System, verb: Verb, what: Picked) -> list[Delivery]:
    """The deliveries that it is about; every id is known before the first is touched.

    Raises:
        InvalidInputError: An id, a channel or an owner makes no sense.
        NotFoundError: There is no such id, or it does not go to a channel named.
    """
    if what.ids:
        shown = [named(call, system, one) for one in what.ids]
        return list({_name(one): one for whole in shown for one in _of(whole, verb, what)}.values())
    found: dict[tuple[str, str], Delivery] = {}
    for one in _filtered(call, system, verb, what):
        found[_name(one)] = one
        if len(found) > AT_MOST:
            call.output.warn(f"There are more than {AT_MOST}; type it again for the rest.")
            break
    return list(found.values())[:AT_MOST]


def refusal(verb: Verb, what: Picked, delivery: Delivery) -> ConflictError | None:
    """Why the verb does not act on a delivery as it is."""
    how = permission(delivery.status, verb.action)
    if how is Permission.IF_NAMED and not what.names_status:
        return ConflictError(
            f"It may be out on {delivery.channel} already; it is left alone unless --channel or --status names it."
        )
    return ConflictError(refused(delivery, verb.action)) if how is None else None


def _of(shown: Shown, verb: Verb, what: Picked) -> list[Delivery]:
    """Of one id: the channels named, else what the verb is meant for, else all, which are then refused."""
    if what.channels:
        return deliveries.only(shown, what.channels)
    return [one for one in shown.deliveries if one.status in verb.meant] or list(shown.deliveries)


def _filtered(call: Call, system: System, verb: Verb, what: Picked) -> Iterator[Delivery]:
    from omnipub.domain.ids import ParentKind

    # What no index holds is looked for only by a filter that names it.
    looked_for = [what.filter_.status] if what.filter_.status else [one for one in verb.meant if one in WATCHED]
    # Of an owner there is one list, which is read once; else each status has an index of its own.
    wanted = [what.filter_.status] if what.filter_.owner else looked_for
    read = 0
    for kind, status, channel in product(ParentKind, wanted, what.channels or ("",)):
        filter_ = replace(what.filter_, status=status, channel=channel)

        def page(limit: int, after: str | None, *, kind: ParentKind = kind, filter_: Filter = filter_) -> MessageRows:
            return system.lists.page(kind, call.viewer(), filter_, limit=limit, after=after)

        for found in pages.to_the_end(page, after=None):
            fitting = (one for row in found.rows for one in row.deliveries if filter_.fits(one))
            yield from (one for one in fitting if one.status in looked_for)
            read += found.read
            if filter_.reads_heads and read >= pages.LOOKED_AT_MOST and found.cursor is not None:
                call.output.warn(f"Stopped after looking at {read:,} of them: narrow it with --status or --since too.")
                return


def _name(delivery: Delivery) -> tuple[str, str]:
    return delivery.parent.id, delivery.channel
