"""Toy: a network of short texts, in the fewest lines that a channel takes."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

from omnipub.channels.answers import text_in, unclear
from omnipub.channels.drafting import bearer
from omnipub.domain.conversation import Account, Channel, FrozenBody, Occasion, Published, Publishing, Request
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content
from omnipub.domain.network import PostIds


class Toy(Channel):
    """Texts of an account."""

    name = "toy"
    title = "Toy"
    base_url = "https://toy.example"
    own_ids = True
    settle = timedelta(0)
    pace = timedelta(seconds=1)
    limits = Limits(text=((777, Unit.CHARACTERS),), images=0)
    post_ids = PostIds(
        network="Toy", pattern=re.compile("toy-[0-9]+"), like="toy-12", found="It stands below the text."
    )

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """The text."""
        del occasion
        return {"text": self.text(content)}

    def text_of(self, frozen: FrozenBody) -> str:
        """The text."""
        return str(frozen["text"])

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Publish with one request."""
        del now
        where = f"{account.base_url}/accounts/{account.id}/texts"
        answer = yield Request(
            method="POST", url=where, headers={"Authorization": bearer(account)}, json=dict(frozen), publishes=True
        )
        network_id = text_in(answer.body.get("id")) if isinstance(answer.body, dict) else ""
        if not network_id:
            return unclear(answer, network=self.title, publishes=True)
        yield Published(network_id=network_id)
        return Outcome(ended=TryEnd.PUBLISHED, network_id=network_id)
