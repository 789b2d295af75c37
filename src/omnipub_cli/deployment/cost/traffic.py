"""The traffic that a bill is made for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omnipub.channels.registry import CHANNELS
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.errors import InvalidInputError

DAYS = 30.4
"""Days of a month: a twelfth of a year."""

MOST_REQUESTS = 10_000_000
"""A day. Above it one shard, one table and one Amplify app are no longer what anybody would build."""

MOST_MONTHS = 60
MOST_IMAGES = 20
MOST_IMAGE_KB = 10_240
MOST_CHANNELS = 95

_KINDS: Mapping[ReconcileMethod, str] = {
    ReconcileMethod.RESEND: "keyed",
    ReconcileMethod.LOOK_UP: "looked_up",
    ReconcileMethod.NONE: "blind",
}


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """What users do.

    Attributes:
        requests_per_day: Requests of the API, of everybody together.
        channels: Where each message goes: networks by their names, each once for every account.
        publish_share: How many of the requests publish a message, 0 to 1.
        scheduled_share: How many of the messages are for a later moment, 0 to 1.
        images: Images of a message, on average.
        image_kb: KB of an image.
        month: The month since the first deployment that the bill is for: what is kept grows.
    """

    requests_per_day: float
    channels: Sequence[str] = ("facebook", "linkedin", "bluesky")
    publish_share: float = 0.2
    scheduled_share: float = 0.5
    images: float = 0.5
    image_kb: float = 500
    month: int = 12

    def __post_init__(self) -> None:
        """Refuse what no stage can have.

        Raises:
            InvalidInputError: With what would have been allowed.
        """
        _check("requests a day", self.requests_per_day, MOST_REQUESTS)
        _check("the share that publishes", self.publish_share, 1)
        _check("the share that is scheduled", self.scheduled_share, 1)
        _check("images a message", self.images, MOST_IMAGES)
        _check("KB of an image", self.image_kb, MOST_IMAGE_KB)
        if not 1 <= self.month <= MOST_MONTHS:
            raise InvalidInputError(f"The month is {self.month}; allowed: 1 to {MOST_MONTHS}.")
        if not 1 <= len(self.channels) <= MOST_CHANNELS:
            raise InvalidInputError(
                f"Each message goes to {len(self.channels)} channels; allowed: 1 to {MOST_CHANNELS}."
            )
        for channel in self.channels:
            network = channel.partition(":")[0]
            if network not in CHANNELS:
                raise InvalidInputError(
                    f"omnipub does not know the network '{network}'.",
                    hint=f"Known networks: {', '.join(sorted(CHANNELS))}.",
                )

    @property
    def requests(self) -> float:
        """In a month."""
        return self.requests_per_day * DAYS

    @property
    def messages(self) -> float:
        """In a month."""
        return self.requests * self.publish_share

    @property
    def deliveries(self) -> float:
        """In a month."""
        return self.messages * len(self.channels)

    @property
    def kinds(self) -> Mapping[str, int]:
        """How many channels of each kind a message goes to: how a missing answer is found out decides the writes."""
        found = dict.fromkeys(_KINDS.values(), 0)
        for name in self.channels:
            channel = CHANNELS[name.partition(":")[0]]
            found[_KINDS[channel.remedy(channel.sandbox_account.id)]] += 1
        return found


def _check(what: str, given: float, most: int) -> None:
    if not 0 <= given <= most:  # which refuses what is no number, too
        raise InvalidInputError(f"{what[0].upper()}{what[1:]}: {given:,.10g}; allowed: 0 to {most:,}.")
