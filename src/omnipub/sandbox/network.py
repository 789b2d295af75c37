"""What every network in the sandbox provides: its routes, its answers, and its form of each fault."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from omnipub.sandbox.http_exchange import SandboxAnswer, SandboxRequest
from omnipub.sandbox.image_uploads import Pictures
from omnipub.sandbox.ledger import Ledger
from omnipub.sandbox.tokens import Grants


class Endpoint(StrEnum):
    """What a request wants, in words that fit all networks."""

    PUBLISH = "publish"
    LOOK_UP = "look_up"
    UPLOAD = "upload"
    DELETE = "delete"
    EDIT = "edit"
    SIGN_IN = "sign_in"
    CHECK = "check"  # who the token is of
    RENEW = "renew"  # another token for one that ends


class FaultAnswer(StrEnum):
    """What a network can say instead of doing what it was asked."""

    THROTTLED = "throttled"
    BROKEN = "broken"  # the same words whether the request took effect or not: no client could know
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True)
class RequestTarget:
    """Where a request leads."""

    account: str
    endpoint: Endpoint


@dataclass(frozen=True, kw_only=True)
class PostChange:
    """How an order changes what the network does with a post that it accepts."""

    hidden_ms: int = 0
    refuses_duplicates: bool = False


@dataclass(frozen=True, kw_only=True)
class SandboxState:
    """What dialects work on."""

    ledger: Ledger
    pictures: Pictures
    grants: Grants


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One network.

    Attributes:
        network: Its name, which is also the first segment of its paths.
        place: Where a request leads; None if no endpoint of the network is meant.
        answer: Does what is asked, or raises RefusalError in the network's own shape.
        troubles: The network's own way to say each trouble, given the account and the wait in seconds.
        without_id: The same success without a word about the new post's id; None if its answers never name one.
        lists: Whether the posts of an account can be listed.
        detects_duplicates: Whether it can be told to refuse what is out already (`PostChange.refuses_duplicates`).
        token: A pattern that an account's token must match.
        renews: Whether its tokens end and can be renewed.
        colour: CSS colours of its posts on the wall, on a light and on a dark page.
    """

    network: str
    place: Callable[[SandboxRequest, SandboxState], RequestTarget | None]
    answer: Callable[[SandboxRequest, SandboxState, PostChange], SandboxAnswer]
    troubles: Mapping[FaultAnswer, Callable[[str, int], SandboxAnswer]]
    without_id: Callable[[SandboxAnswer], SandboxAnswer] | None = None
    lists: bool = True
    detects_duplicates: bool = False
    token: str = r"\S+"  # noqa: S105 - a pattern, not a token
    renews: bool = False
    colour: tuple[str, str] = ("#666b74", "#9aa1ac")
