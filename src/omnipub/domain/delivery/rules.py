"""What decisions about a delivery depend on besides the delivery itself."""

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from omnipub.domain.delivery.retry import Backoff


class ReconcileMethod(StrEnum):
    """How a channel finds out what became of a try whose answer is missing."""

    RESEND = "resend"  # the network knows our key: the same bytes again cannot double
    LOOK_UP = "look_up"  # the account's posts can be read
    NONE = "none"  # neither; a person decides


@dataclass(frozen=True, kw_only=True)
class Rules:
    """What decisions depend on besides the delivery: the channel's remedy and settle time, and bounds."""

    remedy: ReconcileMethod
    settle: timedelta
    tries: int = 5
    backoff: Backoff = field(default_factory=Backoff)
