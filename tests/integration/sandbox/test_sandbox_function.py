"""The sandbox of a stage: a function over the stage's table, which posts reach by invocation."""

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError, NoCredentialsError, ReadTimeoutError

from omnipub.adapters.aws.clients import RetryPolicy
from omnipub.adapters.aws.sandbox_client import MOST_BYTES, SandboxClient
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.channels.registry import CHANNELS
from omnipub.config import Mode, Settings
from omnipub.domain.conversation import Request
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent
from omnipub.domain.message import Content, MediaReference
from omnipub.names import LOCAL_OWNER, OPERATORS_GROUP, SANDBOX_ADDRESS, SANDBOX_ROUTE
from omnipub.onebox.sandbox_process import connect_all
from omnipub.ports.http import NoAnswerError, NotSentError, UnreachableError
from omnipub.sandbox.aws_function import build
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.enqueue import pointer_to
from omnipub.wiring.assemble import System, assemble
from omnipub.wiring.local import one_machine

PNG = b"\x89PNG\r\n\x1a\n" + bytes.fromhex(
    "0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360f8cfc0000003010100c9fe92ef0000000049454e44ae426082"
)


class Invoked:
    """A client of Lambda: the function runs in this process, or fails as ordered."""

    def __init__(self, table: Any) -> None:
        self.function = build(table)
        self.failure: Exception | None = None
        self.answer: bytes | None = None
        self.events: list[bytes] = []

    def of(self, service: str, policy: RetryPolicy) -> "Invoked":
        assert (service, policy.attempts) == ("lambda", 1), "a call that may have had its effect is never repeated"
        return self

    def invoke(self, *, FunctionName: str, Payload: bytes) -> dict[str, Any]:  # noqa: N803  as boto names them
        assert FunctionName == "omnipub-dev-sandbox"
        self.events.append(Payload)
        if self.failure:
            raise self.failure
        made = self.answer or json.dumps(self.function(json.loads(Payload), None)).encode()
        return {"StatusCode": 200, "Payload": io.BytesIO(made)}


@pytest.fixture
def table(tmp_path: Path) -> Iterator[SqliteTable]:
    with closing(SqliteTable(tmp_path / "stage.db")) as made:
        yield made


@pytest.fixture
def invoked(table: SqliteTable) -> Invoked:
    return Invoked(table)


@pytest.fixture
def client(invoked: Invoked) -> SandboxClient:
    return SandboxClient(invoked, "omnipub-dev-sandbox")  # type: ignore[arg-type]


@pytest.fixture
def system(client: SandboxClient, tmp_path: Path) -> Iterator[System]:
    settings = Settings(
        data=str(tmp_path / "data"),
        state=str(tmp_path / "state"),
        mode=Mode.SANDBOX,
        sandbox_url=SANDBOX_ADDRESS,
        lead_ms=0,
    )
    Path(settings.data).mkdir()
    with closing(one_machine(settings)) as machine:
        machine.gate.enter()
        made = assemble(settings, replace(machine.world, send=client))
        connect_all(made, SANDBOX_ADDRESS)
        yield made


def publish(system: System, content: Content) -> dict[str, Status]:
    made = system.compose.message(owner=LOCAL_OWNER, content=content, channels=list(CHANNELS))
    parent, viewer = Parent(kind=made.kind, id=made.id), Viewer(owner=LOCAL_OWNER)
    deliveries = system.showing.one(parent, viewer).deliveries
    assert system.batches.run([pointer_to(one, why="now", trace="") for one in deliveries]) == {}
    return {one.channel: one.status for one in system.showing.one(parent, viewer).deliveries}


def asked(client: SandboxClient, path: str, *, method: str = "GET", body: Any = None) -> Any:
    request = Request(method=method, url=f"{SANDBOX_ADDRESS}{path}", json=body)
    return client.send(request, lambda _: b"").body


def test_every_network_is_published_to_with_a_picture_and_counted_once(system: System, client: SandboxClient) -> None:
    kept = system.world.media.keep(PNG)
    picture = MediaReference(key=kept.key, content_type=kept.content_type, size=kept.size, alt="A dot")
    assert set(publish(system, Content(text="From the stage", media=(picture,))).values()) == {Status.PUBLISHED}
    counted = asked(client, "/_sandbox/count")
    assert counted["totals"] == {"posts": len(CHANNELS), "doubles": 0, "repeats": 0, "deleted": 0}
    shas = {one["sha"] for post in asked(client, "/_sandbox/posts")["posts"] for one in post["media"] if "sha" in one}
    assert len(shas) == 1


COUNT_ONE = """
import json, sys
from pathlib import Path
from omnipub.adapters.local.sqlite.table import SqliteTable
from omnipub.sandbox.aws_function import in_table
from omnipub.sandbox.ledger import Draft
ledger = in_table(SqliteTable(Path(sys.argv[1]))).ledger
for number in range(15):
    ledger.add(Draft(network="facebook", account="1001", name=lambda n: f"1001_{n}", text=f"{sys.argv[2]} {number}"))
    post, new = ledger.add_unless_out(
        Draft(network="facebook", account="1001", name=lambda n: f"1001_{n}", text=f"same {number}")
    )
    print(json.dumps([post.id, new]))
"""


def test_two_processes_over_one_table_count_alike_and_give_no_number_twice(tmp_path: Path) -> None:
    path = tmp_path / "shared.db"
    with closing(SqliteTable(path)) as table:
        client = SandboxClient(Invoked(table), "omnipub-dev-sandbox")  # type: ignore[arg-type]
        asked(
            client, "/_sandbox/accounts", method="POST", body={"network": "facebook", "account": "1001", "token": "t"}
        )
        command = [sys.executable, "-c", COUNT_ONE, str(path)]
        both = [subprocess.Popen([*command, name], stdout=subprocess.PIPE, text=True) for name in ("a", "b")]  # noqa: S603
        said = [one.communicate(timeout=60)[0] for one in both]
        assert [one.returncode for one in both] == [0, 0]
        named = [json.loads(line) for text in said for line in text.splitlines()]
        assert len(named) == 30
        assert sum(new for _, new in named) == 15, "each text that both had was taken once"
        posts = asked(client, "/_sandbox/posts")["posts"]
        assert len({post["number"] for post in posts}) == len(posts) == 45
        assert asked(client, "/_sandbox/count")["totals"]["doubles"] == 0


def test_what_a_cold_start_finds_is_what_the_one_before_left(table: SqliteTable) -> None:
    first = SandboxClient(Invoked(table), "omnipub-dev-sandbox")  # type: ignore[arg-type]
    asked(first, "/_sandbox/accounts", method="POST", body={"network": "facebook", "account": "1001", "token": "t"})
    second = SandboxClient(Invoked(table), "omnipub-dev-sandbox")  # type: ignore[arg-type]
    assert asked(second, "/_sandbox/accounts")["accounts"] == [{"network": "facebook", "account": "1001"}]


def test_orders_of_trouble_are_refused_with_the_way_to_try_them(client: SandboxClient) -> None:
    order = {"network": "facebook", "kind": "slow"}
    answer = client.send(Request(method="POST", url=f"{SANDBOX_ADDRESS}/_sandbox/faults", json=order), lambda _: b"")
    assert answer.status == 501
    assert "The sandbox of one machine takes them." in answer.body["error"]
    assert asked(client, "/_sandbox/faults")["faults"] == []


def test_nothing_else_is_ever_asked(client: SandboxClient, invoked: Invoked) -> None:
    for url in ("https://graph.facebook.com/me", "http://sandbox.omnipub.invalid/x", "http://127.0.0.1:1/x"):
        with pytest.raises(NotSentError, match="its own sandbox alone"):
            client.send(Request(method="GET", url=url), lambda _: b"")
    assert invoked.events == []


def test_what_no_event_can_carry_is_not_sent(client: SandboxClient, invoked: Invoked) -> None:
    with pytest.raises(NotSentError, match="too large"):
        client.send(Request(method="POST", url=f"{SANDBOX_ADDRESS}/x", raw=b"a" * MOST_BYTES), lambda _: b"")
    assert invoked.events == []


def refused(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "no"}}, "Invoke")


@pytest.mark.parametrize(
    ("failure", "kind"),
    [
        (ConnectTimeoutError(endpoint_url="https://lambda"), UnreachableError),
        (NoCredentialsError(), NotSentError),
        (refused("TooManyRequestsException"), NotSentError),
        (refused("ResourceNotFoundException"), NotSentError),
        (refused("AccessDeniedException"), NotSentError),
        (refused("ServiceException"), NoAnswerError),
        (ReadTimeoutError(endpoint_url="https://lambda"), NoAnswerError),
    ],
)
def test_a_failing_call_is_surely_not_sent_or_has_no_answer(
    client: SandboxClient, invoked: Invoked, failure: Exception, kind: type[Exception]
) -> None:
    invoked.failure = failure
    with pytest.raises(kind) as raised:
        asked(client, "/_sandbox/count")
    assert raised.type is kind


@pytest.mark.parametrize("answer", [b"null", b"{}", b'{"errorMessage": "boom"}', b"\xff", b'{"status": 200}'])
def test_a_function_that_broke_gave_no_answer(client: SandboxClient, invoked: Invoked, answer: bytes) -> None:
    invoked.answer = answer
    with pytest.raises(NoAnswerError, match="its log says why"):
        asked(client, "/_sandbox/count")


# The wall, through API Gateway.


def gateway(path: str, *, method: str = "GET", claims: dict[str, str] | None = None) -> dict[str, Any]:
    return {
        "rawPath": f"{SANDBOX_ROUTE}{path}",
        "requestContext": {"http": {"method": method}, "authorizer": {"jwt": {"claims": claims or {}}}},
    }


OPERATOR = {"sub": "ops", "cognito:groups": f"[{OPERATORS_GROUP}]"}


def test_an_operator_sees_the_wall_below_the_apis_address(system: System, table: SqliteTable) -> None:
    publish(system, Content(text=f"Seen at {datetime.now(UTC):%H:%M}"))
    answer = build(table)(gateway("", claims=OPERATOR), None)
    page = _body(answer)
    assert answer["statusCode"] == 200
    assert "Seen at" in page
    links = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert links
    assert all(link.startswith((SANDBOX_ROUTE, "https://")) for link in links), links
    post = next(link for link in links if "/posts/" in link)
    assert build(table)(gateway(post.removeprefix(SANDBOX_ROUTE), claims=OPERATOR), None)["statusCode"] == 200


@pytest.mark.parametrize(
    ("claims", "method", "status"),
    [
        ({}, "GET", 401),
        ({"sub": "ada"}, "GET", 403),
        ({"sub": "ada", "cognito:groups": "[authors]"}, "GET", 403),
        (OPERATOR, "POST", 405),
        (OPERATOR, "DELETE", 405),
    ],
)
def test_nobody_else_sees_it_and_nobody_changes_anything_there(
    table: SqliteTable, claims: dict[str, str], method: str, status: int
) -> None:
    for path in ("", "/_sandbox/reset", "/_sandbox/accounts", "/facebook/v25.0/1001/feed"):
        assert build(table)(gateway(path, method=method, claims=claims), None)["statusCode"] == status


def _body(answer: dict[str, Any]) -> str:
    from base64 import b64decode

    assert answer["isBase64Encoded"]
    return b64decode(answer["body"]).decode()
