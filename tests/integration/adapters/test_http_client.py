"""HTTP over real sockets: what is written, what comes back, and what every way of breaking is called."""

import gzip
import json
import logging
import socket
import ssl
import struct
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from omnipub.adapters.http.client import BODY_BYTES, HttpClient
from omnipub.domain.conversation import MediaPart, Request, Response, Secret
from omnipub.ports.http import NoAnswerError, NotSentError
from support.certificates import Authority, new_authority

TOKEN = "very-secret-token-0123456789"
IN_PATH = "secret-in-path"
IN_QUERY = "secret-in-query"
IMAGE = b"\x89PNG\r\n\x1a\n--not really\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n" + b'{"id": "1_2"}'

Play = Callable[[socket.socket], None]


@dataclass
class Server:
    """A server that plays one scene with everybody who calls, and keeps what it was sent."""

    play: Play
    tls: ssl.SSLContext | None = None
    received: list[bytes] = field(default_factory=list)
    accepted: int = 0

    def __post_init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self.origin = f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            self.accepted += 1
            Thread(target=self._meet, args=(connection,), daemon=True).start()

    def _meet(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            if self.tls is None:
                self.play(connection)
            else:
                with self.tls.wrap_socket(connection, server_side=True) as wrapped:
                    self.play(wrapped)

    def read(self, connection: socket.socket) -> bytes:
        """One request with its body."""
        data = b""
        while b"\r\n\r\n" not in data:
            data += _some(connection)
        head, _, body = data.partition(b"\r\n\r\n")
        lengths = [int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
        while len(body) < sum(lengths):
            body += _some(connection)
        self.received.append(head + b"\r\n\r\n" + body)
        return self.received[-1]


def _some(connection: socket.socket) -> bytes:
    data = connection.recv(65_536)
    if not data:
        raise ConnectionError
    return data


Serve = Callable[..., Server]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start servers: `serve(b"answer")` answers so, `serve(play)` plays a scene after reading a request."""
    servers: list[Server] = []

    def start(scene: bytes | Callable[[socket.socket], None], *, read: bool = True, **more: Any) -> Server:
        def play(connection: socket.socket) -> None:
            if read:
                server.read(connection)
            if isinstance(scene, bytes):
                connection.sendall(scene)
            else:
                scene(connection)

        server = Server(play, **more)
        servers.append(server)
        return server

    yield start
    for server in servers:
        server.listener.close()


def no_media(key: str) -> bytes:
    raise KeyError(key)


def send(server: Server, **more: Any) -> Response:
    """Send to a server of ours, which needs neither https nor a public address."""
    url = f"{server.origin}/{IN_PATH}/feed?access_token={IN_QUERY}"
    headers = {"Authorization": Secret(f"Bearer {TOKEN}")} | dict(more.pop("headers", {}))
    given: dict[str, Any] = {"method": "POST", "url": url, "headers": headers, "total_timeout": 0.6} | more
    return HttpClient(allowed_origins=[server.origin]).send(Request(**given), no_media)


def shown(error: BaseException) -> str:
    """Everything that a log could show of an error, its causes too."""
    return "".join(traceback.format_exception(error))


# --- What is written


@pytest.mark.parametrize(
    ("body", "read"),
    [
        (b"[" * 100_000, "[" * 100_000),
        (b'{"id": ' + b"9" * 5_000 + b"}", '{"id": ' + "9" * 5_000 + "}"),
        (b'{"id": NaN}', '{"id": NaN}'),
        (b'{"id": "1\\ud800"}', {"id": "1\ufffd"}),
        (b'{"id": "1", "id": "2"}', {"id": "2"}),
        (b'{"id": "1\xff"}', '{"id": "1\ufffd"}'),
    ],
    ids=["deep", "digits", "NaN", "half", "twice", "bytes"],
)
def test_an_answer_that_is_no_json_is_an_answer_in_text_and_nothing_breaks(
    serve: "Serve", body: bytes, read: object
) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
    server = serve(head + body)
    request = Request(method="POST", url=f"{server.origin}/x", json={}, publishes=True)
    answer = HttpClient(allowed_origins=[server.origin]).send(request, lambda _: b"")
    assert (answer.status, answer.body) == (200, read)


def test_a_request_is_written_as_described(serve: Serve) -> None:
    server = serve(OK)
    send(server, json={"text": "Grüße", "a": [1, None, True]}, headers={"X-Plain": "yes"})
    assert server.received == [
        (
            f"POST /{IN_PATH}/feed?access_token={IN_QUERY} HTTP/1.1\r\n"
            "Accept-Encoding: identity\r\n"
            "Content-Length: 36\r\n"
            f"Host: 127.0.0.1:{server.port}\r\n"
            "User-Agent: omnipub\r\n"
            "Accept: application/json\r\n"
            "Connection: close\r\n"
            "Content-Type: application/json\r\n"
            f"Authorization: Bearer {TOKEN}\r\n"
            "X-Plain: yes\r\n"
            "\r\n"
            '{"text":"Grüße","a":[1,null,true]}'
        ).encode()
    ]


def test_raw_bytes_go_out_untouched(serve: Serve) -> None:
    server = serve(OK)
    send(server, raw=b'{"a" :  1}\n', headers={"content-type": "application/cloudevents+json"})
    assert server.received[0].endswith(b"\r\n\r\n" + b'{"a" :  1}\n')
    assert server.received[0].lower().count(b"content-type:") == 1


def test_an_image_alone_is_the_body_under_its_type(serve: Serve) -> None:
    server = serve(OK)
    request = Request(
        method="PUT", url=f"{server.origin}/up", media=MediaPart(key="k", content_type="image/png"), total_timeout=1
    )
    HttpClient(allowed_origins=[server.origin]).send(request, {"k": IMAGE}.__getitem__)
    head, _, body = server.received[0].partition(b"\r\n\r\n")
    assert body == IMAGE
    assert b"\r\nContent-Type: image/png" in head


def test_the_same_form_is_the_same_bytes(serve: Serve) -> None:
    server = serve(OK)
    request = Request(
        method="POST",
        url=f"{server.origin}/up",
        form={"published": "false", 'alt"x': "Grüße\r\n", "token": Secret(TOKEN)},
        media=MediaPart(key="k", content_type="image/png", field="source"),
        total_timeout=1,
    )
    for _ in range(2):
        HttpClient(allowed_origins=[server.origin]).send(request, {"k": IMAGE}.__getitem__)
    first, second = server.received
    assert first == second
    head, _, body = first.partition(b"\r\n\r\n")
    boundary = head.partition(b"boundary=")[2][:40]
    assert body == b"\r\n".join(
        [
            b"--" + boundary,
            b'Content-Disposition: form-data; name="published"\r\n\r\nfalse',
            b"--" + boundary,
            'Content-Disposition: form-data; name="alt%22x"\r\n\r\nGrüße\r\n'.encode(),
            b"--" + boundary,
            b'Content-Disposition: form-data; name="token"\r\n\r\n' + TOKEN.encode(),
            b"--" + boundary,
            b'Content-Disposition: form-data; name="source"; filename="image.png"\r\nContent-Type: image/png\r\n\r\n'
            + IMAGE,
            b"--" + boundary + b"--\r\n",
        ]
    )


def test_every_request_has_a_connection_of_its_own(serve: Serve) -> None:
    server = serve(OK)
    one = HttpClient(allowed_origins=[server.origin])
    for publishes in (True, True, False):
        request = Request(method="POST", url=server.origin, json={}, publishes=publishes, total_timeout=1)
        one.send(request, no_media)
    assert server.accepted == 3


@pytest.mark.parametrize(
    "more",
    [
        {"headers": {"X-Bad": Secret(f"{TOKEN}\r\nX-Smuggled: 1")}},
        {"headers": {"X-Bad": Secret(f"{TOKEN} ✓")}},
        {"headers": {"X-Bad\n": "1"}},
        {"method": "POST\r\nX-Smuggled: 1"},
        {"json": {"text": "\ud800"}},
        {"json": {"number": float("nan")}},
        {"json": {"what": object()}},
    ],
)
def test_what_cannot_be_written_is_not_sent(more: dict[str, Any], serve: Serve) -> None:
    server = serve(OK)
    with pytest.raises(NotSentError) as caught:
        send(server, **more)
    assert server.received == []
    assert TOKEN not in shown(caught.value)


@pytest.mark.parametrize("trouble", [KeyError("k"), OSError("disk"), RuntimeError("store")])
def test_an_image_that_cannot_be_read_is_found_out_before_connecting(trouble: Exception, serve: Serve) -> None:
    def unreadable(_key: str) -> bytes:
        raise trouble

    server = serve(OK)
    request = Request(method="PUT", url=server.origin, media=MediaPart(key="k", content_type="image/png"))
    with pytest.raises(NotSentError):
        HttpClient(allowed_origins=[server.origin]).send(request, unreadable)
    assert server.accepted == 0


# --- What comes back


def test_an_answer_is_status_small_headers_and_json(serve: Serve) -> None:
    server = serve(b"HTTP/1.1 201 Created\r\nX-RestLi-Id: urn:li:share:1\r\nContent-Length: 8\r\n\r\n" + b'{"a": 1}')
    answer = send(server)
    assert (answer.status, answer.headers["x-restli-id"], answer.body) == (201, "urn:li:share:1", {"a": 1})


@pytest.mark.parametrize(
    ("written", "body"),
    [
        (b"Content-Type: text/javascript\r\nContent-Length: 8\r\n\r\n" + b'{"a": 1}', {"a": 1}),
        (b"Content-Length: 6\r\n\r\n<html>", "<html>"),
        (b"Content-Length: 2\r\n\r\n\xff\xfe", "��"),
        (b"Content-Length: 0\r\n\r\n", ""),
        (b"Transfer-Encoding: chunked\r\n\r\n4\r\n[1, \r\n2\r\n2]\r\n0\r\n\r\n", [1, 2]),
        (b"\r\n[1, 2]", [1, 2]),
        (b"Content-Length: 200000\r\n\r\n" + b"[" * 200_000, "[" * 200_000),
        (b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b'{"a": 1}'), {"a": 1}),
    ],
    ids=["javascript", "html", "bytes", "empty", "chunked", "until the end", "deep", "gzip"],
)
def test_a_body_is_json_if_it_can_be_read_as_such_and_else_text(written: bytes, body: object, serve: Serve) -> None:
    assert send(serve(b"HTTP/1.1 200 OK\r\n" + written)).body == body


@pytest.mark.parametrize(
    "body",
    [b"a" * (3 * BODY_BYTES), gzip.compress(b"a" * (30 * BODY_BYTES))],
    ids=["long", "small until unpacked"],
)
def test_no_more_of_a_body_is_read_than_allowed(body: bytes, serve: Serve) -> None:
    encoding = b"Content-Encoding: gzip\r\n" if body.startswith(b"\x1f\x8b") else b""
    head = b"HTTP/1.1 200 OK\r\n" + encoding + b"Content-Length: %d\r\n\r\n" % len(body)
    assert send(serve(head + body), total_timeout=5).body == "a" * BODY_BYTES


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_an_answer_and_is_not_followed(method: str, status: int, serve: Serve) -> None:
    elsewhere = serve(OK)
    for location in (elsewhere.origin, "http://169.254.169.254/latest/meta-data/"):
        head = f"HTTP/1.1 {status} Moved\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
        answer = send(serve(head.encode()), method=method)
        assert (answer.status, answer.headers["location"]) == (status, location)
    assert elsewhere.accepted == 0


def test_a_malformed_header_does_not_put_the_url_into_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        answer = send(serve(b"HTTP/1.1 200 OK\r\nA: b\r\nno colon here\r\nContent-Length: 2\r\n\r\n{}"))
    assert answer.status == 200
    assert IN_PATH not in caplog.text
    assert IN_QUERY not in caplog.text


# --- What breaks


def hang(connection: socket.socket) -> None:
    while connection.recv(65_536):  # until the other side gives up
        pass


def reset(connection: socket.socket) -> None:
    time.sleep(0.05)  # until the other side has its connection
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def close(connection: socket.socket) -> None:
    connection.close()


def dripping(start: bytes, drop: bytes) -> Play:
    def play(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            time.sleep(0.02)
            connection.sendall(drop)

    return play


HEAD = b"HTTP/1.1 200 OK\r\n"
SLACK = 3
"""Seconds that a busy machine may take besides; what drips would go on for ever."""
BROKEN: dict[str, tuple[bytes | Play, bool]] = {
    "hangs": (hang, True),
    "hangs without reading": (hang, False),
    "resets": (reset, True),
    "resets without reading": (reset, False),
    "closes": (close, True),
    "closes without reading": (close, False),
    "is cut off in the body": (HEAD + b"Content-Length: 100\r\n\r\n{}", True),
    "is cut off in a chunk": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n40\r\n{}", True),
    "is cut off between chunks": (HEAD + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n", True),
    "is not HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n\r\n", True),
    "is not what its encoding says": (HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope", True),
    "drips its status": (dripping(b"HTTP/1.1 200 ", b"O"), True),
    "drips headers": (dripping(HEAD, b"X-More: 1\r\n"), True),
    "drips its body": (dripping(HEAD + b"Content-Length: 100000\r\n\r\n", b"a"), True),
    "drips an endless body": (dripping(HEAD + b"\r\n", b"a"), True),
    "drips chunks": (dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n"), True),
    "drips a chunk's size": (dripping(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"0"), True),
    "drips go-aheads": (dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"), True),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_breaks_after_the_first_byte_is_no_answer_and_in_time(name: str, serve: Serve) -> None:
    scene, read = BROKEN[name]
    server = serve(scene, read=read)
    began = time.monotonic()
    with pytest.raises(NoAnswerError) as caught:
        send(server, json={"text": "Hello"})
    assert time.monotonic() - began < 0.6 + SLACK
    assert server.accepted == 1
    assert not any(secret in shown(caught.value) for secret in (TOKEN, IN_PATH, IN_QUERY))


def test_a_reader_too_slow_for_the_request_is_no_answer_and_in_time(serve: Serve) -> None:
    def sip(connection: socket.socket) -> None:
        while connection.recv(4_096):
            time.sleep(0.02)

    began = time.monotonic()
    with pytest.raises(NoAnswerError):
        send(serve(sip, read=False), raw=b"a" * 32_000_000)
    assert time.monotonic() - began < 0.6 + SLACK


def test_a_refused_connection_is_not_sent() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        origin = f"http://127.0.0.1:{listener.getsockname()[1]}"
    request = Request(method="POST", url=f"{origin}/{IN_PATH}?t={IN_QUERY}", headers={"A": Secret(TOKEN)}, json={})
    with pytest.raises(NotSentError) as caught:
        HttpClient(allowed_origins=[origin]).send(request, no_media)
    assert not any(secret in shown(caught.value) for secret in (TOKEN, IN_PATH, IN_QUERY))


def test_a_name_that_leads_nowhere_is_not_sent() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    with pytest.raises(NotSentError, match=r"nowhere\.example leads to no address"):
        HttpClient(resolve=nowhere).send(Request(method="GET", url="https://nowhere.example/x"), no_media)


def test_a_name_that_takes_too_long_is_not_sent(serve: Serve) -> None:
    def slow(_host: str, _port: int) -> list[str]:
        time.sleep(0.2)
        return ["127.0.0.1"]

    server = serve(OK)
    request = Request(method="POST", url=server.origin, json={}, total_timeout=0.1)
    with pytest.raises(NotSentError, match="in time"):
        HttpClient(allowed_origins=[server.origin], resolve=slow).send(request, no_media)
    assert server.received == []


# --- Encryption


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority()


class Names:
    """A resolver that keeps count."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[str] = []

    def __call__(self, host: str, _port: int) -> list[str]:
        self.asked.append(host)
        return list(self.addresses)


def test_the_certificate_is_checked_for_the_name_though_the_address_is_dialled(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    said = []
    tls = authority.server("hooks.example", tmp_path)
    tls.sni_callback = lambda _socket, name, _context: said.append(name)
    server = serve(OK, tls=tls)
    names = Names("127.0.0.1")
    request = Request(method="POST", url=f"https://hooks.example:{server.port}/in", json={}, total_timeout=2)
    answer = HttpClient(resolve=names, tls=authority.trusted()).send(request, no_media)
    assert answer.body == {"id": "1_2"}
    assert said == ["hooks.example"]
    assert f"\r\nHost: hooks.example:{server.port}\r\n".encode() in server.received[0]
    assert names.asked == ["hooks.example"], "asked once, so that a second answer cannot lead elsewhere"


def test_a_certificate_for_another_name_is_refused_before_anything_is_written(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    server = serve(OK, tls=authority.server("other.example", tmp_path))
    request = Request(method="POST", url=f"https://hooks.example:{server.port}/in", json={}, total_timeout=2)
    with pytest.raises(NotSentError, match="certificate"):
        HttpClient(resolve=Names("127.0.0.1"), tls=authority.trusted()).send(request, no_media)
    assert server.received == []


def test_a_certificate_that_nobody_vouches_for_is_refused(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    server = serve(OK, tls=authority.server("hooks.example", tmp_path))
    request = Request(method="POST", url=f"https://hooks.example:{server.port}/in", json={}, total_timeout=2)
    with pytest.raises(NotSentError, match="certificate"):
        HttpClient(resolve=Names("127.0.0.1")).send(request, no_media)
    assert server.received == []


@pytest.mark.parametrize(
    ("scene", "why"), [(hang, "in time"), (reset, "reached"), (b"HTTP/1.1 400 Bad Request\r\n\r\n", "encrypted")]
)
def test_encryption_that_does_not_come_about_is_not_sent(scene: bytes | Play, why: str, serve: Serve) -> None:
    server = serve(scene, read=False)
    url = f"https://hooks.example:{server.port}/in"
    request = Request(method="POST", url=url, json={}, connect_timeout=0.3, total_timeout=2)
    with pytest.raises(NotSentError, match=why):
        HttpClient(resolve=Names("127.0.0.1")).send(request, no_media)


def test_the_next_address_is_tried_when_one_takes_no_connection(
    serve: Serve, authority: Authority, tmp_path: Path
) -> None:
    server = serve(OK, tls=authority.server("hooks.example", tmp_path))
    request = Request(method="POST", url=f"https://hooks.example:{server.port}/in", json={}, total_timeout=2)
    sender = HttpClient(resolve=Names("127.0.0.9", "127.0.0.1"), tls=authority.trusted())
    assert sender.send(request, no_media).status == 200
    assert server.accepted == 1


def test_once_written_no_other_address_is_tried(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    server = serve(reset, tls=authority.server("hooks.example", tmp_path))
    request = Request(method="POST", url=f"https://hooks.example:{server.port}/in", json={}, total_timeout=2)
    sender = HttpClient(resolve=Names("127.0.0.1", "127.0.0.1"), tls=authority.trusted())
    with pytest.raises(NoAnswerError):
        sender.send(request, no_media)
    assert server.accepted == 1


def test_an_encrypted_drip_ends_in_time_too(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    server = serve(dripping(HEAD, b"X-More: 1\r\n"), tls=authority.server("hooks.example", tmp_path))
    request = Request(method="POST", url=f"https://hooks.example:{server.port}/in", json={}, total_timeout=0.6)
    began = time.monotonic()
    with pytest.raises(NoAnswerError):
        HttpClient(resolve=Names("127.0.0.1"), tls=authority.trusted()).send(request, no_media)
    assert time.monotonic() - began < 0.6 + SLACK


def test_a_large_body_goes_through_encryption_whole(serve: Serve, authority: Authority, tmp_path: Path) -> None:
    server = serve(OK, tls=authority.server("hooks.example", tmp_path))
    large = json.dumps(list(range(500_000))).encode()
    request = Request(method="PUT", url=f"https://hooks.example:{server.port}/in", raw=large, total_timeout=5)
    HttpClient(resolve=Names("127.0.0.1"), tls=authority.trusted()).send(request, no_media)
    assert server.received[0].endswith(b"\r\n\r\n" + large)
