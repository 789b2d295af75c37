"""The simulated networks' channel: it names the id as soon as it knows it, and then asks for the permalink."""

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any

from omnipub.domain.conversation import Account, Published, Request, Response
from omnipub.domain.outcome import Outcome
from support.tokens import RenewableChannel

PERMALINK = "permalink"
"""How the address ends that is asked for a permalink."""


class SimChannel(RenewableChannel):
    """A network whose publishing request is followed by a harmless one."""

    def publish(
        self, frozen: Mapping[str, Any], account: Account, now: Callable[[], datetime]
    ) -> Generator[Request | Published, Response, Outcome]:
        outcome = yield from super().publish(frozen, account, now)
        if outcome.network_id:
            yield Published(network_id=outcome.network_id)
            yield Request(
                method="GET",
                url=f"{account.base_url}/{account.id}/{PERMALINK}",
                headers={"Authorization": account.token},
                total_timeout=5,
            )
        return outcome
