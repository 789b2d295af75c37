"""Requests that interleave: at whatever point of one another comes, neither gets anything of the other.

One machine answers many requests at once with one handler. Here the second request runs whole inside the first one,
at each call that a module of the API or a library that routes its requests makes, one after the other.
"""

import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.handlers.api import app
from omnipub.onebox.aws_events import IncomingRequest, LambdaContext, gateway_event
from support.world import OWNER, TestBed

LISTENED_TO = ("omnipub/handlers/", "pydantic/")
"""Files whose calls are points to come in at. No lock is held at any of them, so the second request can run there."""

CONTEXT = LambdaContext(function_name="api")

Handle = Callable[[Any, object], dict[str, Any]]


def post(text: str, *, key: str, user: str = OWNER) -> dict[str, Any]:
    body = json.dumps({"text": text, "channels": ["looked"]}).encode()
    headers = {"host": "x", "content-type": "application/json", "idempotency-key": key}
    incoming = IncomingRequest(method="POST", target="/api/v1/messages", headers=headers, body=body, source="127.0.0.1")
    return gateway_event(incoming, {"sub": user})


def show(message: str) -> dict[str, Any]:
    target = f"/api/v1/messages/{message}"
    incoming = IncomingRequest(method="GET", target=target, headers={"host": "x"}, body=b"", source="127.0.0.1")
    return gateway_event(incoming, {"sub": "an operator", "cognito:groups": "[operators]"})


def made(answer: dict[str, Any]) -> str:
    assert answer["statusCode"] == 201, answer["body"]
    return str(json.loads(answer["body"])["id"])


@contextmanager
def coming_in(at: int, act: Callable[[], None]) -> Iterator[list[str]]:
    """Run `act` at the point of that number, the first being 1; what is given fills with the points that are met."""
    met: list[str] = []

    def listen(frame: FrameType, what: str, _: object) -> None:
        file = frame.f_code.co_filename
        if what != "call" or not any(part in file for part in LISTENED_TO):
            return
        met.append(f"{file}:{frame.f_code.co_name}")
        if len(met) == at:
            sys.setprofile(None)
            act()
            sys.setprofile(listen)

    sys.setprofile(listen)
    try:
        yield met
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("other", [OWNER, "somebody-else"])
def test_another_request_at_any_point_of_a_request_changes_nothing_of_either(bed: TestBed, other: str) -> None:
    if other != OWNER:
        bed.system.accounts.connect(owner=other, channel="looked", account="acc-other", token=Secret("token"))
    handle = app.build(bed.system)
    made(handle(post("first", key="first"), CONTEXT))  # imports what is imported at first use
    with coming_in(0, lambda: None) as met:
        made(handle(post("alone", key="alone"), CONTEXT))
    assert len(met) > 20
    assert any("request_of" in point for point in met)
    for at in range(1, len(met) + 1):
        _interleave(handle, at, other)


def _interleave(handle: Handle, at: int, other: str) -> None:
    outer, inner = post(f"outer {at}", key=f"key {at}"), post(f"inner {at}", key=f"key {at} too", user=other)
    answers: list[dict[str, Any]] = []
    with coming_in(at, lambda: answers.append(handle(inner, CONTEXT))):
        answers.append(handle(outer, CONTEXT))
    assert len(answers) == 2, "the other one came in between"
    for event, answer, text, owner in ((inner, answers[0], "inner", other), (outer, answers[1], "outer", OWNER)):
        again = handle(event, CONTEXT)
        assert made(again) == made(answer)
        assert again["headers"]["Idempotent-Replayed"] == "true"
        shown = json.loads(handle(show(made(answer)), CONTEXT)["body"])
        assert (shown["content"]["text"], shown["owner"]) == (f"{text} {at}", owner)
