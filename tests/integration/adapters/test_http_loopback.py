"""What a sandbox may speak to: itself and other servers of this machine, whatever an address pretends to be."""

import ssl
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from omnipub.adapters.http.loopback import LoopbackHttpClient, loopback_origin
from omnipub.domain.conversation import Request
from omnipub.ports.http import NotSentError


class Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"path": "%s"}' % self.path.encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def port() -> Iterator[int]:
    server = HTTPServer(("127.0.0.1", 0), Echo)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()
    thread.join()


def get(send: LoopbackHttpClient, url: str, *, user_given: bool = False) -> object:
    request = Request(method="GET", url=url, user_given=user_given, connect_timeout=1, total_timeout=2)
    return send.send(request, dict[str, bytes]().__getitem__).body


@pytest.mark.parametrize("user_given", [True, False])
def test_every_server_on_loopback_is_spoken_to(port: int, *, user_given: bool) -> None:
    send = LoopbackHttpClient(["http://127.0.0.1:1"])
    assert get(send, f"http://127.0.0.1:{port}/a", user_given=user_given) == {"path": "/a"}


def test_the_sandbox_itself_may_be_named(port: int) -> None:
    own = LoopbackHttpClient([f"http://localhost:{port}"])
    assert get(own, f"http://localhost:{port}/b") == {"path": "/b"}


def test_without_encryption_the_roots_of_trust_are_not_read(port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """They take four fifths of the start of a command, and no sandbox of ours speaks https."""

    def read() -> ssl.SSLContext:
        raise AssertionError("nobody asked for https")

    monkeypatch.setattr(ssl, "create_default_context", read)
    assert get(LoopbackHttpClient(["http://127.0.0.1:1"]), f"http://127.0.0.1:{port}/a") == {"path": "/a"}


@pytest.mark.parametrize(
    "url",
    [
        "https://graph.facebook.com/me",
        "https://192.0.2.1/",
        "http://10.0.0.1/",
        "http://169.254.169.254/",
        "http://0.0.0.0/",
        "http://localhost/",
        "http://127.0.0.1.example.com/",
        "https://[2001:db8::1]/",
    ],
)
def test_nothing_else_is_spoken_to(url: str) -> None:
    with pytest.raises(NotSentError, match="sandbox"):
        get(LoopbackHttpClient(["http://127.0.0.1:1"]), url)


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("http://127.0.0.1:2583/xrpc", "http://127.0.0.1:2583"),
        ("http://127.9.9.9/", "http://127.9.9.9:80"),
        ("http://[::1]:8080/", "http://[::1]:8080"),
        ("https://127.0.0.1/", "https://127.0.0.1:443"),
        ("http://localhost:1/", ""),
        ("https://example.com/", ""),
    ],
)
def test_an_address_is_judged_and_never_a_name(url: str, origin: str) -> None:
    assert loopback_origin(url) == origin
