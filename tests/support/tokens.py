"""Tokens that end and are renewed: a channel that asks for new ones, and the network's own book of them."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from typing import Any

from omnipub.domain.conversation import Account, Request, Response, Secret
from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.timestamps import from_text
from omnipub.domain.token_refresh import RefreshAnswer
from support.world import FakeChannel

LASTS = timedelta(days=60)
KINDS = {400: TryEnd.AUTH, 429: TryEnd.THROTTLED}


class RenewableChannel(FakeChannel):
    """A network that renews tokens, and gives another refresh token each time."""

    renewal_needs = ("refresh_token",)

    def renew(self, account: Account, credentials: Mapping[str, Secret]) -> Generator[Request, Response, RefreshAnswer]:
        answer = yield Request(
            method="POST", url=f"{account.base_url}/{account.id}/token", form=dict(credentials), total_timeout=10
        )
        if answer.status != 200:
            ended = KINDS.get(answer.status, TryEnd.NOT_SENT)
            wait = timedelta(minutes=1) if ended is TryEnd.THROTTLED else None
            return RefreshAnswer(
                outcome=Outcome(ended=ended, code=str(answer.status), sentence="No new token.", wait=wait)
            )
        return RefreshAnswer(
            outcome=Outcome(ended=TryEnd.PUBLISHED, sentence="A new token."),
            token=Secret(answer.body["token"]),
            lasts=LASTS,
            credentials={"refresh_token": Secret(answer.body["refresh_token"])},
        )

    def look_up(self, account: Account, since: datetime) -> Generator[Request, Response, Sighting]:
        answer = yield Request(
            method="GET",
            url=f"{account.base_url}/{account.id}/posts",
            headers={"Authorization": account.token},
            total_timeout=10,
        )
        if answer.status == 401:
            return Sighting(failed=Outcome(ended=TryEnd.AUTH, code="401", sentence="It said no."))
        posts = tuple(
            FoundPost(network_id=one["id"], text=one["text"], created_at=from_text(one["at"]))
            for one in answer.body["posts"]
        )
        return Sighting(posts=posts, reaches_back_to=since)


@dataclass
class TokenBook:
    """What a network knows of the tokens of one account: one works at a time, and a refresh token works once.

    Attributes:
        generation: How often the account's owner has connected it.
        number: How often a token was renewed since.
        ended: Whether the present token has ended.
        doubtful: Whether the network has refused what it should have taken.
        given_at: When the present token was fetched, in milliseconds, where somebody keeps the time.
    """

    generation: int = 1
    number: int = 0
    ended: bool = False
    doubtful: bool = False
    given_at: float = -inf

    @property
    def access(self) -> str:
        """The present token."""
        return f"access {self.generation}.{self.number}"

    @property
    def refresh(self) -> str:
        """The refresh token that works."""
        return f"refresh {self.generation}.{self.number}"

    def accepts(self, token: str) -> bool:
        """Whether a request with that token is done."""
        return token == self.access and not self.ended

    def renewed(self, refresh: str) -> dict[str, Any] | None:
        """A new token and the next refresh token; None for a refresh token that does not work (any more)."""
        if refresh != self.refresh:
            return None
        self.number += 1
        self.ended = False
        return {"token": self.access, "refresh_token": self.refresh}

    def connected(self) -> dict[str, Secret]:
        """Its owner gets new tokens by hand: what there was before no longer works."""
        self.generation += 1
        self.number = 0
        self.ended = False
        return {"token": Secret(self.access), "refresh_token": Secret(self.refresh)}
