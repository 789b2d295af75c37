"""What `messages create` and `certs announce` say about what they made, and how they follow it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from omnipub.errors import NotFoundError
from omnipub.hints import Action, Hint
from omnipub_cli.commands._shared.held import HoldNotices
from omnipub_cli.commands._shared.watch import code_of, watched
from omnipub_cli.commands._shared.watch import show_message as follow_up
from omnipub_cli.framework.exit_codes import ExitCode
from omnipub_cli.output.times import in_text, offset, on_screen
from omnipub_cli.output.views import RecordView

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from omnipub.services.messages.create_transaction import Created, IdempotencyKey
    from omnipub.wiring.assemble import System
    from omnipub_cli.framework.context import Call


def key_of(key: str, command: str, request: Mapping[str, Any]) -> IdempotencyKey | None:
    """The Idempotency-Key of a command that asked for this, if it was given one."""
    from omnipub.services.messages.create_transaction import IdempotencyKey

    return IdempotencyKey.of(key, {"command": command, **request}) if key else None


@contextmanager
def explained(call: Call) -> Iterator[None]:
    """A missing account, said in terms of the sandbox where there is one: starting it connects accounts."""
    try:
        yield
    except NotFoundError as error:
        if not call.runs and call.settings.mode.value == "sandbox":
            error.advise(Hint(action=Action.START, when="Start the sandbox, which has an account of each network"))
        raise


def show_created(call: Call, system: System, created: Created, *, group: str, wait: bool, timeout: float) -> None:
    """Print what was created; with `wait`, what became of it.

    Raises:
        typer.Exit: It is due and held, or it was followed and a channel has not published it.
    """
    from omnipub.domain.ids import Parent
    from omnipub.domain.timestamps import from_text
    from omnipub.services.messages import serialize

    due = from_text(created.due_at)
    facts: dict[str, Any] = serialize.created(created) | {
        "due_local": in_text(due, utc=False),
        "replayed": created.replayed,
        "running": call.runs,
    }
    record = RecordView(
        fields=(("id", created.id), ("due", _due(due, created.zone, call)), ("channels", created.channels))
    )
    if not (wait and call.json):
        call.output.data(record, json=facts, ids=[created.id])
        call.output.flush()
    if created.replayed:
        call.output.note("It was there already: this Idempotency-Key created it before.")
    call.warn_if_nothing_runs()
    parent = Parent(kind=created.kind, id=created.id)
    holds = HoldNotices(call=call, system=system)
    if not wait:
        deliveries = system.showing.one(parent, call.viewer()).deliveries
        now = system.world.clock.now()
        holds.look(deliveries, now)
        call.output.hint(f"See what becomes of it: {call.typed(f'{group} show {created.id}')}")
        if holds.are_due(deliveries, now):
            raise typer.Exit(ExitCode.PAUSED)
        return
    shown = watched(call, system, parent, timeout=timeout, holds=holds, leaves=True)
    if not call.quiet:
        follow_up(call, shown, facts, held=holds.channels)
    elif code_of(shown, holds.channels):
        raise typer.Exit(code_of(shown, holds.channels))


def _due(due: datetime, zone: str, call: Call) -> str:
    """The moment for its reader, in the zone it was asked for in, and in UTC."""
    from omnipub.domain.timestamps import zone_named

    if not call.output.look.terminal:
        return in_text(due, utc=call.utc)
    at_zone, here = due.astimezone(zone_named(zone)), due.astimezone()
    words = []
    if at_zone.utcoffset() != due.utcoffset():
        words.append(f"{at_zone:%Y-%m-%d %H:%M:%S} {offset(at_zone)} {zone}")
    if not call.utc and here.utcoffset() not in {at_zone.utcoffset(), due.utcoffset()}:
        words.append(on_screen(due, utc=False))
    return " = ".join([*words, on_screen(due, utc=True)])
