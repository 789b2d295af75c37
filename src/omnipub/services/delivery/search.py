"""An operator's look: is what may be out on its network? It adopts what it finds, and never sends.

Not finding it decides nothing here. `reconcile` rules how often and how late to look before a post counts as surely
not out. What cannot be found out is a person's to decide.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from omnipub.domain.conversation import Channel, Occasion
from omnipub.domain.delivery.actions import found, is_searchable, searched_since
from omnipub.domain.delivery.allowed_actions import refusal
from omnipub.domain.delivery.fingerprint import SentPost
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import network_of
from omnipub.domain.timestamps import to_text
from omnipub.errors import ConflictError, NotFoundError
from omnipub.hints import Action
from omnipub.log_events import LogEvent
from omnipub.ports.table import ConditionFailedError
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.accounts.check import connect_anew
from omnipub.services.base import Base
from omnipub.services.channels.networks import channel_of
from omnipub.services.delivery.reconcile import Reconcile, sent_by
from omnipub.services.delivery.situation import Situation
from omnipub.services.protocol.gate import Gate
from omnipub.services.protocol.store import DeliveryStore, name_of


@dataclass(frozen=True, kw_only=True)
class LookReport:
    """What a look told: the delivery as it is now, whether its post was found, and what was seen."""

    delivery: Delivery
    found: bool
    sentence: str


@dataclass(frozen=True, kw_only=True)
class OperatorLook:
    """Looks once, without a claim: all it may write is that the post was found."""

    base: Base
    accounts: Accounts
    contents: Situation
    recording: DeliveryStore
    reconcile: Reconcile
    gate: Gate
    channels: Mapping[str, Channel]
    within: timedelta

    def look(self, listed: Delivery) -> LookReport:
        """Look for one delivery, as it stands in the table.

        Raises:
            ConflictError: It cannot be out, is being published, or changed while we looked.
            NotFoundError: It is gone, or its account is no longer connected.
            GateClosedError: The table is a copy.
        """
        self.gate.check()
        before = self.recording.read(listed)
        if before is None:
            raise NotFoundError(f"There is no delivery to {listed.channel}.")
        if not is_searchable(before, self.base.clock.now()):
            raise ConflictError(
                refusal(before, Action.RECONCILE),
                hint=before.parent.hint(Action.SHOW),
            )
        connection = self.accounts.for_delivery(before)
        if connection is None:
            raise NotFoundError(
                f"The account {before.account} of {before.channel} is no longer connected.",
                hint=connect_anew(before.channel, before.account, before.owner, self.channels),
            )
        channel = channel_of(self.channels, before.channel)
        now = self.base.clock.now()
        since, sent = searched_since(before, now), self._sent(before, channel)
        result = self.reconcile.see(before, connection, channel, sent=sent, since=since, until=now + self.within)
        self.base.journal.note(LogEvent.SEARCHED, channel=network_of(before.channel), found=result.found is not None)
        if result.found is None:
            nothing = f"The account has nothing like it since {to_text(since)}."
            return LookReport(delivery=before, found=False, sentence=nothing if result.clear else result.sentence)
        after = found(before, result.found)
        try:
            moved = self.recording.move(before, after, *self.recording.taking(after))
        except ConditionFailedError as error:
            raise ConflictError(
                "It was found, but it or the post's owner changed meanwhile.", hint="Look at it, and try again."
            ) from error
        return LookReport(delivery=moved, found=True, sentence=f"Found: {after.permalink or after.network_id}")

    def _sent(self, delivery: Delivery, channel: Channel) -> SentPost:
        """What of it a look can see, as it was, or would have been, sent."""
        if delivery.frozen is not None:
            return sent_by(channel, delivery.frozen.body)
        occasion = Occasion(delivery_key=name_of(delivery), due_at=delivery.due_at or self.base.clock.now())
        return sent_by(channel, channel.render(self.contents.of(delivery), occasion))
