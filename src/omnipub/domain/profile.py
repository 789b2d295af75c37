"""A user as sign-in told of them."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, kw_only=True)
class Profile:
    """What is kept of a user.

    Attributes:
        email: A verified address; "" while no token of theirs has named one.
        name: What they are called; likewise.
        since: When they first signed in.
    """

    email: str = ""
    name: str = ""
    since: datetime | None = None
