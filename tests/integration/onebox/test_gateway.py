"""The loopback gateway keeps web pages and strangers out, and passes genuine events."""

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from omnipub.onebox.gateway import BODY_AT_MOST, Gateway

TOKEN = "the-token"


class Api:
    """Answers what it was asked."""

    def __init__(self) -> None:
        self.events: list[Mapping[str, Any]] = []

    def __call__(self, event: Mapping[str, Any], _: object) -> dict[str, Any]:
        self.events.append(event)
        return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": '{"ok": true}'}


@pytest.fixture
def gateway() -> Iterator[tuple[Gateway, Api]]:
    handle = Api()
    made = Gateway(handle, TOKEN, 0)
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made, handle
    made.shutdown()
    made.server_close()
    thread.join()


Ask = Callable[..., tuple[int, dict[str, Any]]]


@pytest.fixture
def ask(gateway: tuple[Gateway, Api]) -> Ask:
    port = gateway[0].server_port

    def asking(
        method: str = "GET", path: str = "/api/v1/messages", *, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        sent = {"Authorization": f"Bearer {TOKEN}"} | (headers or {})
        connection.request(method, path, body=body or None, headers=sent)
        answer = connection.getresponse()
        said = json.loads(answer.read())
        connection.close()
        return answer.status, said

    return asking


def test_a_request_with_the_token_reaches_the_handler_as_a_payload_2_event(
    gateway: tuple[Gateway, Api], ask: Ask
) -> None:
    status, said = ask("POST", "/api/v1/messages?limit=2&x=", body=b'{"text": "Gr\xc3\xbc\xc3\x9fe"}')
    assert (status, said) == (200, {"ok": True})
    (event,) = gateway[1].events
    assert event["version"] == "2.0"
    assert event["rawPath"] == "/api/v1/messages"
    assert event["queryStringParameters"] == {"limit": "2", "x": ""}
    assert event["body"] == '{"text": "Grüße"}'
    assert event["isBase64Encoded"] is False
    claims = event["requestContext"]["authorizer"]["jwt"]["claims"]
    assert claims["cognito:groups"] == "[operators]"


def test_bytes_arrive_in_base64(gateway: tuple[Gateway, Api], ask: Ask) -> None:
    ask("POST", "/api/v1/media", body=b"\x89PNG", headers={"Content-Type": "image/png"})
    assert gateway[1].events[0]["isBase64Encoded"] is True
    assert gateway[1].events[0]["body"] == "iVBORw=="


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": ""}, 401),
        ({"Authorization": "Bearer wrong"}, 401),
        ({"Authorization": f"Basic {TOKEN}"}, 401),
        ({"Host": "evil.example"}, 421),
        ({"Host": "127.0.0.1"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
    ],
)
def test_strangers_and_web_pages_are_refused_before_the_handler(
    gateway: tuple[Gateway, Api], ask: Ask, headers: dict[str, str], status: int
) -> None:
    answered, problem = ask(headers=headers)
    assert answered == status
    assert problem["status"] == status
    assert problem["detail"]
    assert TOKEN not in json.dumps(problem)
    assert gateway[1].events == []


def test_health_needs_no_token_but_no_foreign_page_either(gateway: tuple[Gateway, Api], ask: Ask) -> None:
    assert ask(path="/api/v1/health", headers={"Authorization": ""})[0] == 200
    assert "authorizer" not in gateway[1].events[0]["requestContext"]
    assert ask(path="/api/v1/health", headers={"Origin": "https://evil.example"})[0] == 403


def test_our_own_origin_may_call(gateway: tuple[Gateway, Api], ask: Ask) -> None:
    assert ask(headers={"Origin": gateway[0].address})[0] == 200


@pytest.mark.parametrize("length", [str(BODY_AT_MOST + 1), "-1", "many", "²"])
def test_a_body_too_large_or_of_unknown_length_is_not_read(gateway: tuple[Gateway, Api], length: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", gateway[0].server_port, timeout=10)
    connection.putrequest("POST", "/api/v1/messages")
    connection.putheader("Authorization", f"Bearer {TOKEN}")
    connection.putheader("Content-Length", length.encode("utf-8").decode("latin-1"))
    connection.endheaders()
    assert connection.getresponse().status in {400, 413}
    connection.close()
    assert gateway[1].events == []


def test_it_listens_on_loopback_only(gateway: tuple[Gateway, Api]) -> None:
    assert gateway[0].server_address[0] == "127.0.0.1"
