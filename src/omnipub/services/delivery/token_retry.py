"""A try that was refused for its token: refresh it once, and try once more.

The second try runs under the same claim. If there is no time for it, say when it goes on.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from omnipub.domain.conversation import Channel
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.ports.clock import Clock
from omnipub.services.accounts.refresh_results import RefreshOutcome, RefreshResult
from omnipub.services.accounts.token_refresh import TokenRefresh
from omnipub.storage.items import Connection

LATER = timedelta(seconds=30)
"""When a post comes back whose claim had no time left for a renewal. That follows at the end of the batch."""


@dataclass(frozen=True, kw_only=True)
class TokenRetry:
    """Goes on after a refusal for a token that can be renewed.

    Attributes:
        patience: A try begins something new for so long after its claim. A worker that claimed at the last moment of
            its budget must still end within its time-out.
    """

    token_refresh: TokenRefresh
    clock: Clock
    patience: timedelta

    def after(
        self,
        refused: Outcome,
        claim: Delivery,
        connection: Connection,
        channel: Channel,
        again: Callable[[Connection], Outcome],
    ) -> tuple[Outcome, Connection]:
        """How the try ends, and the connection as it stands then.

        Args:
            refused: How the first request ended: nothing of the post is out by it.
            claim: The delivery as claimed.
            connection: With the token that was not accepted.
            channel: Its network.
            again: Tries once more.
        """
        if claim.lease is None:
            raise AssertionError("a claim has a lease")
        until = claim.lease.started_at + self.patience
        plain = f"{channel.title} did not accept the token"
        if not self._fits(until):
            self.token_refresh.notice(connection, at_once=True)
            return _back(refused, f"{plain}; a new one is being fetched.", LATER), connection
        renewed = self.token_refresh.renew(connection, until=until)
        if renewed.works and self._fits(until):
            came = (
                "a new one was fetched" if renewed.came is RefreshOutcome.RENEWED else "there was another one by then"
            )
            second = _explained(again(renewed.connection), plain, came)
            if second.ended is TryEnd.AUTH and self._may_renew(renewed):
                # Somebody else's token, not one that was fetched for this: the next try does that.
                second = replace(second, wait=timedelta(0))
            return second, renewed.connection
        now = self.clock.now()
        match renewed.came:
            case RefreshOutcome.REFUSED:
                outcome = replace(refused, sentence=f"{plain}, and gives no new one. {renewed.sentence}")
            case RefreshOutcome.RENEWED | RefreshOutcome.CHANGED:
                outcome = _back(refused, f"{plain}; there is another one by now.", timedelta(0))
            case _:
                wait = max((renewed.again_at or now) - now, timedelta(0))
                outcome = _back(refused, f"{plain}, and there is no new one yet. {renewed.sentence}", wait)
        return outcome, renewed.connection

    def _may_renew(self, renewed: RefreshResult) -> bool:
        return renewed.came is RefreshOutcome.CHANGED and self.token_refresh.can(renewed.connection)

    def _fits(self, until: datetime) -> bool:
        return self.clock.now() + self.token_refresh.driver.longest <= until


def _back(refused: Outcome, sentence: str, wait: timedelta) -> Outcome:
    """It is surely not out, its account is not held, and it goes on after `wait`."""
    return replace(refused, sentence=sentence, wait=wait)


def _explained(second: Outcome, plain: str, came: str) -> Outcome:
    """The end of the second request, with what came before it."""
    if second.ended is TryEnd.PUBLISHED:
        return replace(second, sentence=f"{plain}; {came} and accepted.")
    return replace(second, sentence=f"{plain}; {came}. {second.sentence}".strip())
