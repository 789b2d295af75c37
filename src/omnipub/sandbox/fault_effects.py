"""How each kind of fault is played on a request that it meets."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from omnipub.sandbox.faults import Kind, Order, Orders
from omnipub.sandbox.http_exchange import Answer, RefusalError, Request
from omnipub.sandbox.network import Dialect, Place, Stock, Trouble, Twist


class Silence(StrEnum):
    """How a connection ends without an answer."""

    CLOSE = "close"
    RESET = "reset"


class Line(Protocol):
    """The connection a request came in on."""

    def wait_for_client_to_leave(self, seconds: float) -> None:
        """Return when the client has hung up, or after `seconds`."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A request and the order that met it."""

    dialect: Dialect
    request: Request
    place: Place
    stock: Stock
    line: Line
    order: Order
    orders: Orders

    def accept(self, twist: Twist | None = None) -> Answer:
        """What the network really does with the request."""
        return answer(self.dialect, self.request, self.stock, twist or Twist())

    def say(self, trouble: Trouble) -> Answer:
        """The network's own words for `trouble`."""
        return self.dialect.troubles[trouble](self.place.account, self.order.wait_seconds)


Play = Callable[[Scene], Answer | Silence]


def answer(dialect: Dialect, request: Request, stock: Stock, twist: Twist) -> Answer:
    """The dialect's answer, refusals included."""
    try:
        return dialect.answer(request, stock, twist)
    except RefusalError as refusal:
        return refusal.answer


def _instead(trouble: Trouble) -> Play:
    return lambda scene: scene.say(trouble)


def _once_accepted(then: Callable[[Scene, Answer], Answer | Silence]) -> Play:
    """Accept, and then `then`; a request refused on its own merits hears just that."""

    def play(scene: Scene) -> Answer | Silence:
        accepted = scene.accept()
        if accepted.accepted:
            return then(scene, accepted)
        scene.orders.give_back(scene.order)
        return accepted

    return play


def _hang(scene: Scene, _accepted: Answer) -> Silence:
    scene.line.wait_for_client_to_leave(scene.order.seconds)
    return Silence.CLOSE


def _accept_after_client_left(scene: Scene) -> Answer:
    scene.line.wait_for_client_to_leave(scene.order.seconds)
    return scene.accept()


def _without_id(scene: Scene, accepted: Answer) -> Answer:
    assert scene.dialect.without_id is not None  # noqa: S101 - else the order would have been refused
    return scene.dialect.without_id(accepted)


def _slow(scene: Scene) -> Answer:
    time.sleep(scene.order.seconds)
    return scene.accept()


def _listed_late(scene: Scene) -> Answer:
    accepted = scene.accept(Twist(hidden_ms=round(scene.order.seconds * 1000)))
    if not accepted.accepted:
        scene.orders.give_back(scene.order)
    return accepted


def _duplicate_detection(scene: Scene) -> Answer:
    answered = scene.accept(Twist(refuses_duplicates=True))
    if not answered.duplicate:
        scene.orders.give_back(scene.order)
    return answered


PLAYS: Mapping[Kind, Play] = MappingProxyType(
    {
        Kind.THROTTLE: _instead(Trouble.THROTTLED),
        Kind.ERROR_BEFORE: _instead(Trouble.BROKEN),
        Kind.ERROR_AFTER: _once_accepted(lambda scene, _accepted: scene.say(Trouble.BROKEN)),
        Kind.ACCEPT_THEN_HANG: _once_accepted(_hang),
        Kind.ACCEPT_AFTER_CLIENT_LEFT: _accept_after_client_left,
        Kind.LISTED_LATE: _listed_late,
        Kind.RESET: lambda _scene: Silence.RESET,
        Kind.RESET_AFTER: _once_accepted(lambda _scene, _accepted: Silence.RESET),
        Kind.EXPIRED_TOKEN: _instead(Trouble.EXPIRED),
        Kind.SLOW: _slow,
        Kind.REJECT: _instead(Trouble.REJECTED),
        Kind.DUPLICATE_DETECTION: _duplicate_detection,
        Kind.NO_ID: _once_accepted(_without_id),
    }
)


def serve(dialect: Dialect, request: Request, *, stock: Stock, orders: Orders, line: Line) -> Answer | Silence:
    """Answer a network's request, with whatever trouble was ordered for it."""
    try:
        place = dialect.place(request, stock)
    except RefusalError as refusal:
        return refusal.answer
    order = orders.draw(dialect.network, place) if place else None
    if place is None or order is None:
        return answer(dialect, request, stock, Twist())
    scene = Scene(dialect=dialect, request=request, place=place, stock=stock, line=line, order=order, orders=orders)
    return PLAYS[order.kind](scene)
