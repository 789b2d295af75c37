"""The simulated networks' channel: it prepares, publishes, names the id at once, and then asks for the permalink."""

from collections.abc import Callable, Generator, Mapping
from datetime import datetime
from typing import Any

from omnipub.domain.conversation import Account, Published, Request, Response
from omnipub.domain.delivery.outcome import Outcome
from support.tokens import RenewableChannel

PERMALINK = "permalink"
"""How the address ends that is asked for a permalink."""


PREPARE = "prepare"
"""How the address ends that takes what a post needs, as an upload does."""


class SimChannel(RenewableChannel):
    """A network whose publishing request stands between two harmless ones."""

    def publish(
        self, frozen: Mapping[str, Any], account: Account, now: Callable[[], datetime]
    ) -> Generator[Request | Published, Response, Outcome]:
        yield Request(method="POST", url=f"{account.base_url}/{account.id}/{PREPARE}", total_timeout=25)
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
