"""Fault injection: which faults there are, which requests each meets, and when it is used up."""

import random
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from threading import Lock
from types import MappingProxyType
from typing import Any

from omnipub.sandbox import shapes
from omnipub.sandbox.network import Dialect, Endpoint, RequestTarget


class FaultKind(StrEnum):
    """What can go wrong."""

    THROTTLE = "throttle"
    ERROR_BEFORE = "error_before"
    ERROR_AFTER = "error_after"
    ACCEPT_THEN_HANG = "accept_then_hang"
    ACCEPT_AFTER_CLIENT_LEFT = "accept_after_client_left"
    LISTED_LATE = "listed_late"
    RESET = "reset"
    RESET_AFTER = "reset_after"
    EXPIRED_TOKEN = "expired_token"  # noqa: S105 - the name of a fault
    SLOW = "slow"
    REJECT = "reject"
    DUPLICATE_DETECTION = "duplicate_detection"
    NO_ID = "no_id"


@dataclass(frozen=True)
class Nature:
    """What a kind of fault does.

    Attributes:
        meaning: In words.
        seconds: How long it lasts by default; None if it takes no time.
        suits: Whether it makes sense on a network.
        publish_only: Whether it makes sense on requests that publish alone.
    """

    meaning: str
    seconds: float | None
    suits: Callable[[Dialect], bool] = lambda _dialect: True
    publish_only: bool = False


KINDS: Mapping[FaultKind, Nature] = MappingProxyType(
    {
        FaultKind.THROTTLE: Nature("refused in the network's own words for: too fast", None),
        FaultKind.ERROR_BEFORE: Nature("5xx, and nothing happened", None),
        FaultKind.ERROR_AFTER: Nature("it happened, and then 5xx", None),
        FaultKind.ACCEPT_THEN_HANG: Nature("it happened, and no answer comes", 120),
        FaultKind.ACCEPT_AFTER_CLIENT_LEFT: Nature("it happens once the client has hung up, or time is over", 120),
        FaultKind.LISTED_LATE: Nature(
            "it happened, and look-ups show it later", 10, lambda dialect: dialect.lists, publish_only=True
        ),
        FaultKind.RESET: Nature("the connection is reset, and nothing happened", None),
        FaultKind.RESET_AFTER: Nature("it happened, and the connection is reset", None),
        FaultKind.EXPIRED_TOKEN: Nature("refused in the network's own words for: token expired", None),
        FaultKind.SLOW: Nature("it happens late, and is answered", 2),
        FaultKind.REJECT: Nature("refused for good in the network's own words", None),
        FaultKind.DUPLICATE_DETECTION: Nature(
            "refused if the same content is already out",
            None,
            lambda dialect: dialect.detects_duplicates,
            publish_only=True,
        ),
        FaultKind.NO_ID: Nature(
            "it happened, and the answer names no id", None, lambda dialect: bool(dialect.without_id), publish_only=True
        ),
    }
)

ANY = "any"
_WAIT_SECONDS = 60
_DAY = 86_400

_ORDER = shapes.fields(
    {"network": shapes.text(), "kind": shapes.text(*FaultKind)},
    {
        "account": shapes.text(pattern=r".+"),
        "times": shapes.number(0, 1_000_000_000, whole=True),
        "endpoint": shapes.text(*Endpoint, ANY),
        "seconds": shapes.number(0, _DAY),
        "wait_seconds": shapes.number(1, 30 * _DAY, whole=True),
        "share": shapes.number(0, 1),
        "seed": shapes.number(0, 2**63 - 1, whole=True),
    },
)


class UnknownOrderError(ValueError):
    """The order cannot be carried out as written; the message names what is allowed."""


@dataclass(kw_only=True)
class Order:
    """One order.

    Attributes:
        id: To delete it by.
        network: Whose requests it meets.
        kind: What goes wrong.
        account: Whose requests alone; empty for every account's.
        endpoint: The endpoint it meets, or "any".
        times: How often; 0 for until it is deleted.
        seconds: How long a hang, a delay or a lateness lasts.
        wait_seconds: What a throttled client is told to wait, where the network says so.
        share: Which part of the matching requests it meets.
        seed: Of the dice for `share`.
        hits: How often it has struck.
    """

    id: str
    network: str
    kind: FaultKind
    account: str = ""
    endpoint: str = Endpoint.PUBLISH
    times: int = 1
    seconds: float
    wait_seconds: int = _WAIT_SECONDS
    share: float = 1.0
    seed: int
    hits: int = 0
    dice: random.Random = field(repr=False)

    def shown(self) -> dict[str, object]:
        """As the control plane lists it."""
        return {name: value for name, value in vars(self).items() if name != "dice"}

    def strikes(self, network: str, place: RequestTarget) -> bool:
        """Whether it meets a request there; throws the dice if everything else fits."""
        fits = (
            self.network == network
            and self.account in {"", place.account}
            and self.endpoint in {ANY, place.endpoint}
            and (self.times == 0 or self.hits < self.times)
        )
        return fits and self.dice.random() < self.share


def read_order(body: object, dialects: Mapping[str, Dialect]) -> Order:
    """Return the order that the control plane received.

    Raises:
        UnknownOrderError: It has a kind, field or value that means nothing.
    """
    problems = _ORDER(body, "")
    if problems:
        raise UnknownOrderError(shapes.sentence(problems))
    assert isinstance(body, dict)  # noqa: S101 - the shape has just said so
    kind = FaultKind(body["kind"])
    nature = KINDS[kind]
    if body["network"] not in dialects:
        raise UnknownOrderError(f"/network must be one of {', '.join(dialects)}")
    if not nature.suits(dialects[body["network"]]):
        suited = sorted(name for name, dialect in dialects.items() if nature.suits(dialect))
        raise UnknownOrderError(f"{kind} makes sense on {', '.join(suited)} only")
    if nature.publish_only and body.get("endpoint", Endpoint.PUBLISH) != Endpoint.PUBLISH:
        raise UnknownOrderError(f"{kind} makes sense on the endpoint publish only")
    if nature.seconds is None and "seconds" in body:
        takers = ", ".join(name for name, nature in KINDS.items() if nature.seconds is not None)
        raise UnknownOrderError(f"{kind} takes no seconds; {takers} do")
    if kind is not FaultKind.THROTTLE and "wait_seconds" in body:
        raise UnknownOrderError(f"{kind} takes no wait_seconds; throttle does")
    seed = body.get("seed", secrets.randbits(32))
    given: dict[str, Any] = {"seconds": nature.seconds or 0.0} | body | {"kind": kind, "seed": seed}
    dice = random.Random(seed)  # noqa: S311 - dice that can be thrown again, not a secret
    return Order(id=secrets.token_hex(4), dice=dice, **given)


class Orders:
    """The open orders, the oldest first; they live in memory, so a restarted sandbox has no trouble."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._open: list[Order] = []

    def place(self, order: Order) -> None:
        """Add an order behind the others."""
        with self._lock:
            self._open.append(order)

    def draw(self, network: str, place: RequestTarget) -> Order | None:
        """The first order that strikes; it counts one hit."""
        with self._lock:
            for order in self._open:
                if order.strikes(network, place):
                    order.hits += 1
                    return order
        return None

    def give_back(self, order: Order) -> None:
        """The hit came to nothing: the request was refused on its own merits."""
        with self._lock:
            order.hits -= 1

    def shown(self) -> list[dict[str, object]]:
        """All orders, used up ones too."""
        with self._lock:
            return [order.shown() for order in self._open]

    def delete(self, id: str = "") -> int:  # noqa: A002 - the control plane's own word
        """Withdraw one order, or all; the number withdrawn."""
        with self._lock:
            kept = [order for order in self._open if id and order.id != id]
            gone = len(self._open) - len(kept)
            self._open = kept
            return gone
