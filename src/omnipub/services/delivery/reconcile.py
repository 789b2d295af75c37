"""Find out what became of a try whose answer is missing: look at the account, adopt, clear or ask again."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from omnipub.domain.conversation import Channel, FrozenBody
from omnipub.domain.delivery.decide import claimed_to_look
from omnipub.domain.delivery.fingerprint import SentPost
from omnipub.domain.delivery.lookup import CLOCK_DIFFERENCE, read
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import Sighting, TryEnd
from omnipub.domain.delivery.reconcile import LookResult, looked
from omnipub.domain.delivery.rules import Rules
from omnipub.domain.ids import network_of
from omnipub.errors import OmnipubError, SealBrokenError
from omnipub.log_events import LogEvent
from omnipub.ports.place import Place
from omnipub.ports.table import ConditionFailedError
from omnipub.services.accounts.accounts import Accounts
from omnipub.services.accounts.refresh_results import RefreshOutcome
from omnipub.services.accounts.token_refresh import TokenRefresh
from omnipub.services.base import Base
from omnipub.services.protocol.connection_reuse import reusing
from omnipub.services.protocol.driver import Driver
from omnipub.services.protocol.enqueue import Enqueue
from omnipub.services.protocol.store import DeliveryStore, name_of
from omnipub.storage import keys
from omnipub.storage.items import Connection

KEY_PAUSE = timedelta(minutes=1)
"""How long what needs a sealed token waits when the key that opens it does not answer."""


@dataclass(frozen=True, kw_only=True)
class Reconcile:
    """Looks, under a claim like any other.

    Attributes:
        lease: From a claim to its end.
        patience: So long after a look has begun a token is still renewed for it.
    """

    base: Base
    accounts: Accounts
    recording: DeliveryStore
    driver: Driver
    token_refresh: TokenRefresh
    due: Enqueue
    place: Place
    rules: Callable[[Delivery], Rules]
    lease: timedelta
    patience: timedelta

    def look(self, before: Delivery, dead: Delivery, connection: Connection, channel: Channel) -> Delivery:
        """Look once.

        Args:
            before: As read from the table.
            dead: The same with a lease that ended accounted for.
            connection: The account.
            channel: Its network.

        Raises:
            ConditionFailedError: Somebody else claimed it first.
        """
        claim = self.recording.move(
            before,
            claimed_to_look(
                dead,
                self.base.clock.now(),
                claim_id=self.base.chance.token(),
                lease_for=self.lease,
                boot=self.place.boot,
            ),
        )
        result = self._see(claim, connection, channel)
        try:
            moved = self._settle(claim, result)
        except ConditionFailedError:
            if not result.found:
                raise
            # Another delivery adopted this post meanwhile; what we saw proves nothing for us.
            moved = self._settle(claim, LookResult(sentence="The post that was found belongs to another delivery."))
        self.base.journal.note(
            LogEvent.LOOKED, channel=network_of(moved.channel), status=moved.status.value, clear=result.clear
        )
        self.due.committed([moved], why="look")
        return moved

    def _settle(self, claim: Delivery, result: LookResult) -> Delivery:
        now, rules, chance = self.base.clock.now(), self.rules(claim), self.base.chance.share()
        return self.recording.settle(claim, lambda held: looked(held, result, now, rules, chance=chance))

    def _see(self, claim: Delivery, connection: Connection, channel: Channel) -> LookResult:
        if claim.uncertain_since is None or claim.frozen is None or claim.lease is None:
            raise AssertionError("only a delivery that may be out is looked for")
        sent = sent_by(channel, claim.frozen.body)
        return self.see(claim, connection, channel, sent=sent, since=claim.uncertain_since, until=claim.lease.until)

    def see(
        self,
        delivery: Delivery,
        connection: Connection,
        channel: Channel,
        *,
        sent: SentPost,
        since: datetime,
        until: datetime,
    ) -> LookResult:
        """Look at the account, back to `since` and until `until`, for what was sent, if nobody else owns it."""
        renew_until = min(until, self.base.clock.now() + self.patience) if self.token_refresh.can(connection) else until
        try:
            sighting = self._sight(connection, channel, since, until)
            if _is_refused(sighting) and self.token_refresh.can(connection):
                renewed = self.token_refresh.renew(connection, until=renew_until)
                connection = renewed.connection
                if renewed.works:
                    sighting = self._sight(connection, channel, since, until)
                    if (
                        renewed.came is RefreshOutcome.CHANGED
                        and _is_refused(sighting)
                        and self.token_refresh.can(connection)
                    ):
                        return LookResult(sentence="The account gets a new token first.")
                elif renewed.came is not RefreshOutcome.REFUSED:
                    if renewed.came is RefreshOutcome.BUSY:
                        self.token_refresh.notice(
                            connection, at_once=True
                        )  # at the end of the batch, if nobody does before
                    wait = renewed.again_at - self.base.clock.now() if renewed.again_at else None
                    return LookResult(sentence=f"The account gets a new token first. {renewed.sentence}", wait=wait)
        except SealBrokenError as error:
            return LookResult(sentence=error.message)
        except OmnipubError as error:  # the key that seals its token does not answer; the claim must not be left
            key = keys.delivery(delivery.parent, delivery.channel)
            self.base.journal.note(LogEvent.RECORD_FAILED, pk=key.pk, sk=key.sk, error=error.message)
            sentence = f"Its token could not be opened, so nobody was asked. {error.message}"
            return LookResult(sentence=sentence, wait=KEY_PAUSE, asked=False)
        if sighting.failed is not None and _is_refused(sighting):
            self.accounts.hold(connection, reason=sighting.failed.sentence)
        found = [post.network_id for post in sighting.posts]
        owners = self.recording.owners(network_of(delivery.channel), found, delivery.apart)
        return read(sighting, sent=sent, since=since, owners=owners, ours=name_of(delivery))

    def _sight(self, connection: Connection, channel: Channel, since: datetime, until: datetime) -> Sighting:
        account = self.accounts.open(connection)
        conversation = reusing(channel.look_up(account, since - CLOCK_DIFFERENCE), connection)
        return self.driver.look(conversation, secrets=account.secrets, lease_until=until, ids=channel.post_ids)


def sent_by(channel: Channel, frozen: FrozenBody) -> SentPost:
    """What a look can see of a frozen request."""
    return SentPost(text=channel.text_of(frozen), links=channel.links_of(frozen))


def _is_refused(sighting: Sighting) -> bool:
    return sighting.failed is not None and sighting.failed.ended is TryEnd.AUTH
