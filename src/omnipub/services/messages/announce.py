"""Announce a member's certification: one text per network by template, once per member, type and date."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from omnipub.domain.announcement import announce
from omnipub.domain.certification import Certification, checked, sameness
from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.window import Window
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.timestamps import Schedule
from omnipub.errors import ConflictError
from omnipub.hints import Action
from omnipub.ports.table import Absent, Key, Put
from omnipub.services.channels.validate import admit
from omnipub.services.messages.create_transaction import Created, CreateTransaction, IdempotencyKey
from omnipub.storage import keys
from omnipub.storage.items import certification_item, plain_item

FURTHEST_EAST = timedelta(hours=14)
"""Where a day begins first: a certification earned this morning over there is not in the future."""


@dataclass(frozen=True, kw_only=True)
class Announce:
    """Announces certifications."""

    creation: CreateTransaction
    channels: Mapping[str, Channel]

    def certification(
        self,
        *,
        draft: Certification,
        schedule: Schedule | None = None,
        window: Window | None = None,
        idempotency: IdempotencyKey | None = None,
        late: bool = False,
        trace: str = "",
    ) -> Created:
        """Accept an announcement. The draft's id, moment of creation and schedule are given here.

        `late` accepts a moment that is over while its window is open, as for a message.

        Raises:
            InvalidInputError: A part of it cannot be accepted.
            ConflictError: The same was announced before; names the earlier one if it is the owner's own.
            NotFoundError: A channel has no account.
            KeyReusedError: The idempotency key stands for another request.
        """
        earlier = self.creation.earlier(draft.owner, idempotency)
        if earlier is not None:
            return earlier
        now = self.creation.base.clock.now()
        certification = replace(
            draft,
            id=self.creation.new_id(now),
            created_at=now,
            schedule=self.creation.schedule(schedule, now, late=late),
            write_id=self.creation.base.chance.token(),
        )
        checked(certification, (now + FURTHEST_EAST).date())
        connections = self.creation.connections(draft.owner, draft.channels)
        admit(
            {channel: announce(certification, channel, self.channels) for channel in draft.channels},
            self.channels,
        )
        same = keys.sameness(sameness(certification))
        self._refuse_the_same(same, draft.owner)
        try:
            return self.creation.create(
                parent=Parent(kind=ParentKind.CERTIFICATION, id=certification.id),
                item=certification_item(certification, self.creation.base.shards.count(now).of),
                owner=draft.owner,
                schedule=certification.schedule,
                connections=connections,
                now=now,
                idempotency=idempotency,
                images=certification.photo is not None,
                unique=[
                    Put(item=plain_item(same, certification=certification.id, owner=draft.owner), condition=Absent())
                ],
                window=window,
                trace=trace,
            )
        except ConflictError:
            self._refuse_the_same(same, draft.owner)  # another request was faster; name it
            raise

    def _refuse_the_same(self, same: Key, owner: str) -> None:
        known = self.creation.base.table.get(same)
        if known is not None:
            if known["owner"] == owner:
                same_one = Parent(kind=ParentKind.CERTIFICATION, id=known["certification"])
                raise ConflictError(
                    "This certification was announced before.", hint=same_one.hint(Action.SHOW, when="See it")
                )
            raise ConflictError(
                "This certification was announced before, by somebody else.",
                hint="A certification is announced once, whoever announces it; operators see all of them.",
            )
