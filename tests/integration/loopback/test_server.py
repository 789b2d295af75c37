"""What both servers of one machine do with whatever comes: an HTTP answer with a problem, or a clean end."""

import json
import socket
import struct
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omnipub.loopback import connection as connections
from omnipub.loopback.server import LoopbackServer as Base
from omnipub.onebox.gateway import BODY_AT_MOST, Gateway
from omnipub.sandbox.http_server import SandboxServer

TOKEN = "the-token"


def echo(event: Any, _: object) -> dict[str, Any]:
    told = {"path": event["rawPath"], "query": event.get("queryStringParameters"), "body": event.get("body")}
    return {"statusCode": 200, "headers": {"Content-Type": "application/json"}, "body": json.dumps(told)}


@pytest.fixture(params=["gateway", "sandbox"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Base]:
    made = Gateway(echo, TOKEN, 0) if request.param == "gateway" else SandboxServer(tmp_path)
    yield from serving(made)


@pytest.fixture
def gateway() -> Iterator[Base]:
    yield from serving(Gateway(echo, TOKEN, 0, connections=4))


def serving(made: Base) -> Iterator[Base]:
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.002})
    thread.start()
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def head_of(server: Base, line: str = "GET / HTTP/1.1", *more: str, host: str | None = None) -> bytes:
    """A request's head, which names this server and carries the token unless `more` does."""
    lines = [line, f"Host: {host or f'127.0.0.1:{server.server_port}'}", *more]
    if not any(one.lower().startswith("authorization:") for one in more):
        lines.append(f"Authorization: Bearer {TOKEN}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1", errors="surrogateescape")


def sent(server: Base, data: bytes, *, end: bool = True) -> bytes:
    """Everything that comes back on one connection until the server ends it."""
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as line:
        line.sendall(data)
        if end:
            line.shutdown(socket.SHUT_WR)
        back = b""
        try:
            while piece := line.recv(65_536):
                back += piece
        except ConnectionResetError:
            pass
        return back


def problem_in(back: bytes) -> tuple[int, dict[str, Any], str]:
    head, _, body = back.partition(b"\r\n\r\n")
    status = int(head.split(b" ", 2)[1])
    assert b"application/problem+json" in head, back
    assert b"python" not in head.lower()
    said = json.loads(body)
    assert said["status"] == status
    assert said["title"]
    assert said["detail"]
    return status, said, head.decode("latin-1")


MALFORMED = [
    ("GET", 400),
    ("GET /", 400),
    ("GET / HTTP/9.9", 505),
    ("GET / HTTP/2.0", 505),
    ("GET  / HTTP/1.1", 400),
    ("G\x00T / HTTP/1.1", 400),
    ("GET http://[/ HTTP/1.1", 400),
    ("GET http://evil.example/ HTTP/1.1", 400),
    ("GET evil.example:80 HTTP/1.1", 400),
    ("CONNECT evil.example:80 HTTP/1.1", 400),
    ("OPTIONS * HTTP/1.1", 400),
    ("GET /%zz HTTP/1.1", 400),
    ("GET /%ff HTTP/1.1", 400),
    ("GET /%ed%a0%80 HTTP/1.1", 400),
    ("GET /_sandbox/posts?limit=%z HTTP/1.1", 400),
    ("GET /_sandbox/posts?limit=%ff HTTP/1.1", 400),
    ("GET /#x HTTP/1.1", 400),
    ("GET /\xfc HTTP/1.1", 400),
]


@pytest.mark.parametrize(("line", "status"), MALFORMED)
def test_a_request_line_that_is_none_is_a_problem(server: Base, line: str, status: int) -> None:
    assert problem_in(sent(server, head_of(server, line)))[0] == status


@pytest.mark.parametrize(
    ("more", "status"),
    [
        (["Content-Length: 1", "Content-Length: 2"], 400),
        (["Content-Length: 1", "content-length: 1"], 400),
        (["Content-Length: 1, 2"], 400),
        (["Content-Length: -1"], 400),
        (["Content-Length: many"], 400),
        (["Content-Length: \xb2"], 400),
        (["Content-Length: +1"], 400),
        ([f"Content-Length: {'9' * 5_000}"], 400),
        ([f"Content-Length: {'9' * 19}"], 413),
        ([f"Content-Length: {64 * 1024 * 1024 + 1}"], 413),
        (["Host: evil.example"], 400),
        (["Origin: http://a", "Origin: http://b"], 400),
        ([f"Authorization: Bearer {TOKEN}", "Authorization: Bearer other"], 400),
        (["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"], (400, 501)),
        (["Transfer-Encoding: chunked", "Content-Length: 3"], 400),
        (["Transfer-Encoding: gzip"], 501),
        (["Transfer-Encoding: gzip, chunked"], 501),
        (["Idempotency-Key: a", "Idempotency-Key: b"], 400),
        (["Content-Type: application/json", "Content-Type: text/plain"], 400),
        (["no colon"], 400),
        ([" folded: first"], (400, 421)),
        (["Space : x"], 400),
        (["X: \x00"], 400),
        (["X: " + "x" * 100_000], 431),
        ([f"X-{number}: {'x' * 1000}" for number in range(100)], 431),
    ],
)
def test_a_head_that_can_be_read_in_two_ways_or_is_too_large_is_a_problem(
    server: Base, more: list[str], status: int | tuple[int, ...]
) -> None:
    answered, _, head = problem_in(sent(server, head_of(server, "POST /x HTTP/1.1", *more)))
    assert answered in (status if isinstance(status, tuple) else (status,))
    assert "connection: close" in head.lower()


def test_a_port_that_is_taken_is_said(server: Base, tmp_path: Path) -> None:
    for make in (lambda port: Gateway(echo, TOKEN, port), lambda port: SandboxServer(tmp_path / "other", port)):
        with pytest.raises(OSError, match="in use"):
            make(server.server_port)


def test_an_address_that_never_ends_is_414(server: Base) -> None:
    assert problem_in(sent(server, b"GET /" + b"a" * 100_000))[0] == 414


@pytest.mark.parametrize(
    "host", ["evil.com", "127.0.0.1", "localhost", "127.0.0.1:1", "[::1]:80", "127.0.0.1.evil.com"]
)
@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "POST /_sandbox/reset HTTP/1.1", "GET /_sandbox/posts HTTP/1.1"])
def test_another_host_is_a_misdirected_request(server: Base, host: str, line: str) -> None:
    assert problem_in(sent(server, head_of(server, line, host=host)))[0] == 421


def test_a_request_without_a_host_is_refused(server: Base) -> None:
    assert problem_in(sent(server, b"GET / HTTP/1.1\r\n\r\n"))[0] == 400
    assert problem_in(sent(server, b"GET / HTTP/1.0\r\n\r\n"))[0] == 421


@pytest.mark.parametrize(
    "more", ["Origin: https://evil.example", "Origin: null", "Origin: http://127.0.0.1:1", "Sec-Fetch-Site: cross-site"]
)
@pytest.mark.parametrize("line", ["GET / HTTP/1.1", "POST /_sandbox/reset HTTP/1.1"])
def test_web_pages_of_other_origins_are_refused(server: Base, line: str, more: str) -> None:
    assert problem_in(sent(server, head_of(server, line, more)))[0] == 403


def test_our_own_origin_and_both_names_of_this_machine_come_in(server: Base) -> None:
    for name in ("127.0.0.1", "localhost", "LOCALHOST"):
        host = f"{name}:{server.server_port}"
        assert sent(server, head_of(server, "GET / HTTP/1.1", f"Origin: http://{host}", host=host)).startswith(
            b"HTTP/1.1 200"
        )


@pytest.mark.parametrize("refused", [{"host": "evil.com"}, {"origin": "https://evil.example"}, {"token": "wrong"}])
def test_who_is_refused_is_refused_before_the_body_is_read(gateway: Base, refused: dict[str, str]) -> None:
    more = [f"Content-Length: {BODY_AT_MOST}", f"Authorization: Bearer {refused.get('token', TOKEN)}"]
    more += [f"Origin: {refused['origin']}"] if "origin" in refused else []
    head = head_of(gateway, "POST /api/v1/messages HTTP/1.1", *more, host=refused.get("host"))
    began = time.monotonic()
    assert problem_in(sent(gateway, head, end=False))[0] in {401, 403, 421}
    assert time.monotonic() - began < 5, "nobody waited for the body"


def test_a_chunked_body_is_read_and_bounded(gateway: Base) -> None:
    head = head_of(gateway, "POST /x HTTP/1.1", "Transfer-Encoding: chunked")
    assert b'"body": "abcde"' in sent(gateway, head + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
    assert problem_in(sent(gateway, head + b"zz\r\n"))[0] == 400
    chunk = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    assert problem_in(sent(gateway, head + chunk * 11, end=False))[0] == 413


def test_who_asks_whether_to_go_on_is_told_so(gateway: Base) -> None:
    with socket.create_connection(("127.0.0.1", gateway.server_port), timeout=10) as line:
        line.sendall(head_of(gateway, "POST /x HTTP/1.1", "Content-Length: 2", "Expect: 100-continue"))
        assert line.recv(1000) == b"HTTP/1.1 100 \r\n\r\n"
        line.sendall(b"ok")
        assert b'"body": "ok"' in line.recv(1000)


def test_one_connection_carries_many_requests_also_sent_ahead(server: Base) -> None:
    back = sent(server, head_of(server, "GET /_sandbox/count HTTP/1.1") * 3)
    assert back.count(b"HTTP/1.1 200") == 3


def test_head_has_no_body_and_says_its_length(server: Base) -> None:
    back = sent(server, head_of(server, "HEAD /nothing HTTP/1.1"))
    head, _, body = back.partition(b"\r\n\r\n")
    assert body == b""
    assert b"content-length" in head.lower()


def test_a_query_name_given_twice_is_joined_as_api_gateway_does(gateway: Base) -> None:
    back = sent(gateway, head_of(gateway, "GET /x?a=1&a=2&b=%C3%BC+x HTTP/1.1"))
    assert json.loads(back.partition(b"\r\n\r\n")[2])["query"] == {"a": "1,2", "b": "ü x"}


def test_a_request_has_a_time_to_arrive_and_a_silent_line_an_end(server: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.3)
    monkeypatch.setattr(connections, "IDLE_SECONDS", 0.3)
    began = time.monotonic()
    assert problem_in(sent(server, b"GET / HTTP/1.1\r\nHo", end=False))[0] == 408
    slow = head_of(server, "POST /_sandbox/reset HTTP/1.1", "Content-Type: application/json", "Content-Length: 9")
    assert problem_in(sent(server, slow + b"x", end=False))[0] == 408
    assert sent(server, b"", end=False) == b""
    assert time.monotonic() - began < 8


def test_who_drips_gets_no_more_time(server: Base, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "REQUEST_SECONDS", 0.5)
    with socket.create_connection(("127.0.0.1", server.server_port), timeout=10) as line:
        began = time.monotonic()
        back = b""
        for byte in head_of(server):
            line.sendall(bytes([byte]))
            time.sleep(0.05)
            line.settimeout(0.001)
            try:
                back += line.recv(1000)
                break
            except TimeoutError:
                line.settimeout(10)
        assert time.monotonic() - began < 3
    assert problem_in(back)[0] == 408


def test_beyond_its_threads_a_server_says_when_to_come_again(gateway: Base) -> None:
    held = [socket.create_connection(("127.0.0.1", gateway.server_port), timeout=10) for _ in range(4)]
    try:
        for line in held:  # each has its thread once it was answered
            line.sendall(head_of(gateway))
            assert line.recv(1000).startswith(b"HTTP/1.1 200")
        status, _, head = problem_in(sent(gateway, head_of(gateway)))
        assert status == 503
        assert "retry-after: 1" in head.lower()
    finally:
        for line in held:
            line.close()
    deadline = time.monotonic() + 5
    while not sent(gateway, head_of(gateway)).startswith(b"HTTP/1.1 200"):
        assert time.monotonic() < deadline, "there is room again when they have gone"


@pytest.mark.parametrize("reset", [False, True])
def test_who_hangs_up_leaves_nothing_behind(server: Base, capfd: pytest.CaptureFixture[str], *, reset: bool) -> None:
    whole = head_of(server, "POST /_sandbox/accounts HTTP/1.1", "Content-Type: application/json", "Content-Length: 9")
    for cut in (0, 1, 20, len(whole), len(whole) + 4):
        line = socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
        line.sendall((whole + b"123456789")[:cut])
        if reset:
            line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
    for _ in range(10):  # the answer finds nobody
        line = socket.create_connection(("127.0.0.1", server.server_port), timeout=10)
        line.sendall(head_of(server, "GET /_sandbox/faults HTTP/1.1") * 20)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()
    time.sleep(0.3)
    assert sent(server, head_of(server)).startswith(b"HTTP/1.1 200")
    assert capfd.readouterr().err == ""


def test_a_mistake_of_ours_is_one_line_and_a_500_problem(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = SandboxServer(tmp_path)

    def broken(*_: object) -> None:
        raise RuntimeError("token=secret")

    monkeypatch.setattr(made.routes, "answer", broken)
    for server in serving(made):
        assert problem_in(sent(server, head_of(server)))[0] == 500
    said = capfd.readouterr().err
    assert said.startswith("RuntimeError at ")
    assert said.count("\n") == 1
    assert "secret" not in said


def test_what_changes_the_sandbox_must_be_json(tmp_path: Path) -> None:
    served = 0
    for server in serving(SandboxServer(tmp_path)):
        for path in ("/_sandbox/reset", "/%5fsandbox/reset", "//_sandbox/faults", "/_sandbox/accounts"):
            for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/jsonx"):
                head = head_of(server, f"POST {path} HTTP/1.1", f"Content-Type: {kind}", "Content-Length: 2")
                assert problem_in(sent(server, head + b"{}"))[0] == 415
        bare = head_of(server, "POST /_sandbox/reset HTTP/1.1", "Content-Length: 2")
        assert problem_in(sent(server, bare + b"{}"))[0] == 415
        assert sent(server, head_of(server, "POST /_sandbox/reset HTTP/1.1")).startswith(b"HTTP/1.1 200")
        served += 1
    assert served == 1


LINES = st.sampled_from(
    [
        *(b"GET / HTTP/1.1", b"POST /api/v1/messages HTTP/1.1", b"GET /x?limit=9 HTTP/1.1", b"HTTP/1.0"),
        *(b"Content-Length: 5", b"Transfer-Encoding: chunked", b"5\r\nabcde\r\n0\r\n\r\n", b"Expect: 100-continue"),
        *(b"Host: HERE", b"Authorization: Bearer the-token", b"Connection: close", b"Upgrade: h2c"),
        *(b"\r\n", b"\n", b"\r", b":", b"%"),
    ]
)


@given(st.lists(LINES | st.binary(max_size=30), max_size=12), st.sampled_from([b"\r\n", b"\n", b""]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_bytes_come_the_answer_is_http_or_a_clean_end(
    server: Base, capfd: pytest.CaptureFixture[str], parts: list[bytes], joint: bytes
) -> None:
    data = joint.join(parts).replace(b"HERE", f"127.0.0.1:{server.server_port}".encode())
    back = sent(server, data)
    if back:
        assert back.startswith(b"HTTP/1.1 ")
        status = int(back.split(b" ", 2)[1])
        assert status != 500
        if status >= 400 and b"/problem+json" not in back:
            assert b"application/json" in back or b"text/html" in back, "an answer of the sandbox's own pages"
    assert capfd.readouterr().err == ""
