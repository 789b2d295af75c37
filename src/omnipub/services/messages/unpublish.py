"""Delete posts at their networks again: one deletion per delivery, each with its own result.

Nothing is claimed for it, as every deletion may be repeated: what is not there any more counts as done. A pause does
not stop it, since taking something back is often why a person has paused. A closed gate does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.allowed_actions import REFUSED, permission
from omnipub.domain.delivery.model import Delivery, Unpublished
from omnipub.domain.delivery.outcome import GONE, Outcome, TryEnd
from omnipub.domain.ids import Parent, network_of
from omnipub.domain.timestamps import to_text
from omnipub.errors import ConflictError, NotFoundError, SealBrokenError
from omnipub.hints import Action, Hint
from omnipub.ports.clock import Clock
from omnipub.ports.table import ConditionFailedError
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.channels.networks import UNKNOWN_NETWORK, unknown
from omnipub.services.messages.read import ReadMessages, Viewer
from omnipub.services.protocol.driver import Driver
from omnipub.services.protocol.gate import Gate
from omnipub.services.protocol.store import DeliveryStore

LONGEST = timedelta(minutes=10)
"""All requests of one deletion together: an album takes one for each of its messages."""

REREADS = 5


class UnpublishResult(StrEnum):
    """What became of a deletion."""

    DELETED = "deleted"  # the network did it
    GONE = "gone"  # there was nothing left to delete
    KEPT = "kept"  # the network does not delete it
    NOT_DONE = "not_done"  # surely not deleted yet; may be tried again
    UNCLEAR = "unclear"  # may be deleted; safe to try again


OUT_OF_SIGHT = frozenset({UnpublishResult.DELETED, UnpublishResult.GONE})
"""The public sees it no longer."""

WORST_LAST = (
    UnpublishResult.GONE,
    UnpublishResult.DELETED,
    UnpublishResult.KEPT,
    UnpublishResult.UNCLEAR,
    UnpublishResult.NOT_DONE,
)
"""Of several posts of one delivery, what is told is the worst."""

RESULTS: Mapping[TryEnd, UnpublishResult] = MappingProxyType(
    {
        TryEnd.PUBLISHED: UnpublishResult.DELETED,  # `Channel.delete` calls it so
        TryEnd.REJECTED: UnpublishResult.KEPT,
        TryEnd.THROTTLED: UnpublishResult.NOT_DONE,
        TryEnd.NOT_SENT: UnpublishResult.NOT_DONE,
        TryEnd.AUTH: UnpublishResult.NOT_DONE,
        TryEnd.AMBIGUOUS: UnpublishResult.UNCLEAR,
        TryEnd.ALREADY_THERE: UnpublishResult.UNCLEAR,
    }
)


@dataclass(frozen=True, kw_only=True)
class UnpublishReport:
    """One delivery after its deletion was asked for; `sentence` says why where it did not come out as asked."""

    delivery: Delivery
    result: UnpublishResult
    code: str = ""
    sentence: str = ""


@dataclass(frozen=True, kw_only=True)
class Unpublish:
    """Deletes posts and notes that they are gone; their deliveries stay `published`, which they were."""

    showing: ReadMessages
    accounts: Accounts
    recording: DeliveryStore
    gate: Gate
    driver: Driver
    clock: Clock
    channels: Mapping[str, Channel]

    def chosen(self, parent: Parent, viewer: Viewer, channels: Sequence[str] = ()) -> list[Delivery]:
        """What would be deleted: the deliveries named, or all that are published.

        Raises:
            ConflictError: Nothing of it is published, or something named is not.
            GateClosedError: The table is a copy.
            NotFoundError: There is no such message for this viewer, or it does not go to a channel named.
        """
        self.gate.check()
        shown = self.showing.one(parent, viewer)
        by_channel = {delivery.channel: delivery for delivery in shown.deliveries}
        unknown = [channel for channel in channels if channel not in by_channel]
        if unknown:
            raise NotFoundError(f"It does not go to {', '.join(unknown)}.", hint=f"It goes to {', '.join(by_channel)}.")
        out = {channel: one for channel, one in by_channel.items() if permission(one.status, Action.UNPUBLISH)}
        waiting = [by_channel[channel] for channel in channels or by_channel if channel not in out]
        if not out or (channels and waiting):
            states = ", ".join(f"{delivery.channel} is {delivery.status}" for delivery in waiting)
            raise ConflictError(f"{REFUSED[Action.UNPUBLISH].capitalize()}: {states}.", hint=_way_out(waiting))
        return [out[channel] for channel in channels or out]

    def delete(self, delivery: Delivery, *, by: str) -> UnpublishReport:
        """Delete the posts of a published delivery (several if it is doubled), and note that they are gone.

        Raises:
            ConflictError: The note could not be written, as others write all the time; doing it again is safe.
            UnavailableError: Our own storage did not take the note; doing it again is safe.
        """
        if delivery.unpublished is not None:
            before = delivery.unpublished
            sentence = f"It was deleted at {to_text(before.at)} by {before.by}."
            return UnpublishReport(delivery=delivery, result=UnpublishResult.GONE, code=GONE, sentence=sentence)
        outcomes = [(post, self._ask(delivery, post)) for post in delivery.network_ids]
        results = [UnpublishResult.GONE if one.code == GONE else RESULTS[one.ended] for _, one in outcomes]
        worst = max(range(len(results)), key=lambda number: WORST_LAST.index(results[number]))
        (post, outcome), result = outcomes[worst], results[worst]
        noted = self._noted(delivery, by) if result in OUT_OF_SIGHT else delivery
        sentence = outcome.sentence
        if len(outcomes) > 1 and result not in OUT_OF_SIGHT:
            sentence = f"It is out {len(outcomes)} times; {post} is not surely gone. {sentence}".strip()
        return UnpublishReport(delivery=noted, result=result, code=outcome.code, sentence=sentence)

    def _ask(self, delivery: Delivery, network_id: str) -> Outcome:
        channel = self.channels.get(network_of(delivery.channel))
        if channel is None:
            return Outcome(ended=TryEnd.NOT_SENT, code=UNKNOWN_NETWORK, sentence=unknown(delivery.channel))
        connection = self.accounts.for_delivery(delivery)
        if connection is None:
            plain = f"No connection leads to the account {delivery.account} any more."
            return Outcome(ended=TryEnd.AUTH, code="not_connected", sentence=plain)
        try:
            account = self.accounts.open(connection)
        except SealBrokenError as error:
            return Outcome(ended=TryEnd.AUTH, code="seal_broken", sentence=error.message)
        conversation = channel.delete(network_id, account)
        return self.driver.publish(
            conversation, secrets=account.secrets, lease_until=self.clock.now() + LONGEST, ids=None
        )

    def _noted(self, delivery: Delivery, by: str) -> Delivery:
        current = delivery
        note = Unpublished(at=self.clock.now(), by=by)
        for _ in range(REREADS):
            try:
                return self.recording.move(current, replace(current, unpublished=note))
            except ConditionFailedError:
                there = self.recording.read(current)
                if there is None:
                    break
                if there.unpublished is not None:
                    return there
                if set(there.network_ids) - set(delivery.network_ids):
                    return there  # one more of its posts became known, which was not deleted
                current = there
        raise ConflictError(
            f"The post on {delivery.channel} is deleted, but the delivery is being changed by others.",
            hint="Delete it again: that is safe, and notes it.",
        )


def _way_out(waiting: Sequence[Delivery]) -> Hint:
    """What helps with the first of the deliveries that have no post to delete."""
    delivery = waiting[0]
    for action, when in _WAYS_OUT.items():
        if permission(delivery.status, action):
            return replace(delivery.parent.hint(action, when=when), channel=delivery.channel)
    return delivery.parent.hint(Action.SHOW, when="See what happened")


_WAYS_OUT: Mapping[Action, str] = MappingProxyType({Action.CANCEL: "", Action.MARK_PUBLISHED: "If it is out"})
"""What helps in place of deleting, and in which case."""
