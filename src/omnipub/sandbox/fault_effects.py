"""How each kind of fault is played on a request that it meets."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Protocol

from omnipub.sandbox.faults import FaultKind, Order, Orders
from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest
from omnipub.sandbox.network import Dialect, FaultAnswer, PostChange, RequestTarget, SandboxState


class Silence(StrEnum):
    """How a connection ends without an answer."""

    CLOSE = "close"
    RESET = "reset"


class ClientLine(Protocol):
    """The connection a request came in on."""

    def wait_for_client_to_leave(self, seconds: float) -> None:
        """Return when the client has hung up, or after `seconds`."""


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A request and the order that met it."""

    dialect: Dialect
    request: SandboxRequest
    place: RequestTarget
    stock: SandboxState
    line: ClientLine
    order: Order
    orders: Orders

    def accept(self, twist: PostChange | None = None) -> SandboxAnswer:
        """What the network really does with the request."""
        return answer(self.dialect, self.request, self.stock, twist or PostChange())

    def say(self, trouble: FaultAnswer) -> SandboxAnswer:
        """The network's own words for `trouble`."""
        return self.dialect.troubles[trouble](self.place.account, self.order.wait_seconds)


Play = Callable[[Scene], SandboxAnswer | Silence]


def answer(dialect: Dialect, request: SandboxRequest, stock: SandboxState, twist: PostChange) -> SandboxAnswer:
    """The dialect's answer, refusals included."""
    try:
        return dialect.answer(request, stock, twist)
    except RefusalError as refusal:
        return refusal.answer


def _instead(trouble: FaultAnswer) -> Play:
    return lambda scene: scene.say(trouble)


def _once_accepted(then: Callable[[Scene, SandboxAnswer], SandboxAnswer | Silence]) -> Play:
    """Accept, and then `then`; a request that is refused anyway gets that refusal alone."""

    def play(scene: Scene) -> SandboxAnswer | Silence:
        accepted = scene.accept()
        if accepted.accepted:
            return then(scene, accepted)
        scene.orders.give_back(scene.order)
        return accepted

    return play


def _hang(scene: Scene, _accepted: SandboxAnswer) -> Silence:
    scene.line.wait_for_client_to_leave(scene.order.seconds)
    return Silence.CLOSE


def _accept_after_client_left(scene: Scene) -> SandboxAnswer:
    scene.line.wait_for_client_to_leave(scene.order.seconds)
    return scene.accept()


def _without_id(scene: Scene, accepted: SandboxAnswer) -> SandboxAnswer:
    assert scene.dialect.without_id is not None  # noqa: S101 - else the order would have been refused
    return scene.dialect.without_id(accepted)


def _slow(scene: Scene) -> SandboxAnswer:
    time.sleep(scene.order.seconds)
    return scene.accept()


def _listed_late(scene: Scene) -> SandboxAnswer:
    accepted = scene.accept(PostChange(hidden_ms=round(scene.order.seconds * 1000)))
    if not accepted.accepted:
        scene.orders.give_back(scene.order)
    return accepted


def _duplicate_detection(scene: Scene) -> SandboxAnswer:
    answered = scene.accept(PostChange(refuses_duplicates=True))
    if not answered.duplicate:
        scene.orders.give_back(scene.order)
    return answered


PLAYS: Mapping[FaultKind, Play] = MappingProxyType(
    {
        FaultKind.THROTTLE: _instead(FaultAnswer.THROTTLED),
        FaultKind.ERROR_BEFORE: _instead(FaultAnswer.BROKEN),
        FaultKind.ERROR_AFTER: _once_accepted(lambda scene, _accepted: scene.say(FaultAnswer.BROKEN)),
        FaultKind.ACCEPT_THEN_HANG: _once_accepted(_hang),
        FaultKind.ACCEPT_AFTER_CLIENT_LEFT: _accept_after_client_left,
        FaultKind.LISTED_LATE: _listed_late,
        FaultKind.RESET: lambda _scene: Silence.RESET,
        FaultKind.RESET_AFTER: _once_accepted(lambda _scene, _accepted: Silence.RESET),
        FaultKind.EXPIRED_TOKEN: _instead(FaultAnswer.EXPIRED),
        FaultKind.SLOW: _slow,
        FaultKind.REJECT: _instead(FaultAnswer.REJECTED),
        FaultKind.DUPLICATE_DETECTION: _duplicate_detection,
        FaultKind.NO_ID: _once_accepted(_without_id),
    }
)


def serve(
    dialect: Dialect, request: SandboxRequest, *, stock: SandboxState, orders: Orders, line: ClientLine
) -> SandboxAnswer | Silence:
    """Answer a network's request, with whatever trouble was ordered for it."""
    try:
        place = dialect.place(request, stock)
    except RefusalError as refusal:
        return refusal.answer
    order = orders.draw(dialect.network, place) if place else None
    if place is None or order is None:
        return answer(dialect, request, stock, PostChange())
    scene = Scene(dialect=dialect, request=request, place=place, stock=stock, line=line, order=order, orders=orders)
    return PLAYS[order.kind](scene)
