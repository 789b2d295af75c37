"""Pause and resume, as `omnipub pause`, `omnipub resume` and `omnipub schedule` do it."""

import shlex
from typing import TYPE_CHECKING

from omnipub.errors import InvalidInputError, NotFoundError
from omnipub_cli.framework.context import Call
from omnipub_cli.output.views import Column, TableView

if TYPE_CHECKING:
    from collections.abc import Sequence

    from omnipub.domain.delivery.model import Delivery
    from omnipub.services.pauses.scopes import Pause
    from omnipub.wiring.assemble import System
    from omnipub_cli.output.json_documents.message_documents import PauseJson, PausesJson, ResumedJson

PAUSES = (Column("SCOPE", flexible=True), Column("SINCE"), Column("BY", rank=1), Column("WHY", flexible=True))

SEND, MISS = "send", "miss"


def pause(call: Call, scope: str, *, reason: str) -> None:
    """Pause a scope, or without one list what is paused."""
    if scope and not reason.strip():
        raise InvalidInputError(
            "A pause needs a reason, for those who wonder why nothing goes out.", hint="Add --reason TEXT."
        )
    if reason and not scope:
        raise InvalidInputError(
            "There is nothing to pause.",
            hint="Name everything, channel:NETWORK, account:NETWORK/ACCOUNT or owner:USER.",
        )
    with call.system() as system:
        if scope:
            _known(system, scope)
            found = [system.pauses.pause(scope, reason=reason, by=call.owner)]
        else:
            found = list(system.pauses.all())
    rows = [(one.scope, one.at, one.by, one.reason) for one in found]
    document: PausesJson = {"pauses": [_shape(one) for one in found]}
    call.output.data(
        *([TableView(columns=PAUSES, rows=rows)] if rows else []),
        json=document,
        ids=[one.scope for one in found],
    )
    if scope:
        call.output.note("What becomes due there is held; what is being sent at this moment may still go out.")
        if scope.startswith("account:") and "#" not in scope:
            call.output.note(f"It holds for every owner who has that account; for one alone: {scope}#USER")
    if found:
        call.output.hint(f"Let it go on: {call.typed(f'resume {shlex.quote(found[0].scope)}')}")
    else:
        call.output.note("Nothing is paused.")
        call.output.hint(f"Stop everything: {call.typed('pause everything --reason TEXT')}")


def resume(call: Call, scope: str, *, late: str | None) -> None:
    """Resume a scope; asks what becomes of what is late, unless `late` says it."""
    from omnipub.services.pauses.scopes import checked_scope
    from omnipub_cli.commands._shared import deliveries

    checked_scope(scope)
    with call.system() as system:
        overdue = _overdue(call, system, scope)
        way = late or (_chosen_policy(call, overdue) if overdue else None)
        # What was in time when it was looked at is sent, even if its moment passes meanwhile.
        waiting = system.pauses.resume(scope, send_late=way != MISS, by=call.owner)
        let_go = [_now(call, system, one) for one in (*waiting.late, *waiting.in_time)]
    document: ResumedJson = {"scope": scope, "late": way, "deliveries": deliveries.shapes(let_go)}
    call.output.data(
        *deliveries.table(let_go),
        json=document,
        ids=deliveries.ids(let_go),
    )
    call.output.note(f"{scope} goes on.")
    missed = [one for one in let_go if one.status.value == "missed"]
    if missed:
        call.output.note(f"Missed: {len(missed)}.")
        call.output.hint(f"Send one all the same: {call.typed(f'messages retry {missed[0].parent.id}')}")
    if any(one.status.value == "held" for one in let_go):
        call.output.note("What is still held waits for another pause.")
        call.output.hint(f"See which: {call.typed('pause')}")
    call.warn_if_nothing_runs()


def _known(system: "System", scope: str) -> None:
    """Refuse a scope that no delivery can be in: a pause that stops nothing is worse than none."""
    from omnipub.services.pauses.scopes import checked_scope

    kind, _, name = checked_scope(scope).partition(":")
    network, slash, account = name.partition("/")
    if kind == "account" and not (slash and account):
        raise InvalidInputError(f"'{scope}' names no account.", hint="Write it as account:NETWORK/ACCOUNT.")
    if kind in {"channel", "account"} and (network if kind == "account" else name) not in system.channels:
        known = ", ".join(sorted(system.channels))
        raise InvalidInputError(f"'{scope}' names no network that omnipub knows.", hint=f"Known networks: {known}.")


def _shape(pause: "Pause") -> "PauseJson":
    from omnipub.domain.timestamps import to_text

    return {"scope": pause.scope, "reason": pause.reason, "by": pause.by, "at": to_text(pause.at)}


def _overdue(call: Call, system: "System", scope: str) -> "list[Delivery]":
    """What became late and no other pause holds.

    Raises:
        NotFoundError: The scope is not paused.
    """
    from omnipub.services.pauses.scopes import scopes_of

    paused = {one.scope for one in system.pauses.all()}
    if scope not in paused:
        raise NotFoundError(f"{scope} is not paused.", hint=f"See what is: {call.typed('pause')}")
    others = paused - {scope}
    return [one for one in system.pauses.waiting(scope).late if not others & set(scopes_of(one))]


def _chosen_policy(call: Call, overdue: "Sequence[Delivery]") -> str:
    from omnipub_cli.commands._shared import deliveries
    from omnipub_cli.framework.prompts import choose

    call.output.beside(*deliveries.table(overdue))
    count = "One" if len(overdue) == 1 else str(len(overdue))
    return choose(call, f"{count} became late while it was paused.", option="--late", choices=(SEND, MISS))


def _now(call: Call, system: "System", delivery: "Delivery") -> "Delivery":
    """The delivery as it is now."""
    shown = system.showing.one(delivery.parent, call.viewer()).deliveries
    return next((one for one in shown if one.channel == delivery.channel), delivery)
