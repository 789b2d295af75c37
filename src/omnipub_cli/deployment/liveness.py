"""Whether the system of a stage on AWS works: what it is asked, and what it answers."""

import secrets
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING

from omnipub.config import Mode
from omnipub.names import PRODUCTION, SMOKE_OWNER

if TYPE_CHECKING:
    from omnipub.wiring.assemble import System

CHANNEL = "webhook:smoke"
LOOK_EVERY = 2.0
PATIENCE = 45
"""Looks at what becomes of the message, two seconds apart."""


class StageLiveness:
    """A deployed system."""

    def __init__(self, system: "System", wait: Callable[[float], None]) -> None:
        self._system = system
        self._wait = wait

    def last_beat(self) -> datetime | None:
        """When a tick began last."""
        return self._system.dispatch.last_beat()

    @property
    def why_no_post(self) -> str:
        """Why nothing is posted; "" if it can be."""
        settings = self._system.settings
        if settings.stage == PRODUCTION:
            return "Nothing is posted in production."
        if settings.mode is Mode.LIVE:
            return f"Stage {settings.stage} is live: what is posted there can be seen by others."
        return "" if settings.sandbox_url else f"Stage {settings.stage} has no sandbox; its next deployment brings one."

    def post(self) -> str:
        """Publish one message to the sandbox and follow it; "" if it came out, else what became of it."""
        from omnipub.domain.delivery.lifecycle import UNSETTLED, Status
        from omnipub.domain.ids import Parent
        from omnipub.domain.message import Content
        from omnipub.onebox.sandbox_process import connect
        from omnipub.services.messages.read import Viewer

        connect(self._system, self._system.settings.sandbox_url, channel=CHANNEL, account="smoke", owner=SMOKE_OWNER)
        created = self._system.compose.message(
            owner=SMOKE_OWNER,
            content=Content(text=f"A deployment's own check, {secrets.token_hex(4)}"),
            channels=[CHANNEL],
        )
        parent, viewer = Parent(kind=created.kind, id=created.id), Viewer(owner=SMOKE_OWNER)
        for _ in range(PATIENCE):
            (one,) = self._system.showing.one(parent, viewer).deliveries
            if one.status is Status.PUBLISHED:
                return ""
            if one.status not in UNSETTLED:
                break
            self._wait(LOOK_EVERY)
        return f"Message {parent.id} is {one.status.value}{f': {one.reason.sentence}' if one.reason else '.'}"
