"""Connections that are kept: only for whom they were made, only where a repeat is harmless, and never for long."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from omnipub.adapters.http import connection_pool
from omnipub.adapters.http.client import HttpClient
from omnipub.domain.conversation import Request, Response
from omnipub.ports.http import NoAnswerError, NotSentError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
CLOSE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
ENDLESS = b"HTTP/1.1 200 OK\r\n\r\n{}"

Act = bytes | Callable[[socket.socket], None]


class Server:
    """Answers requests one after the other on each connection; `acts` are what it does with them, in their order."""

    def __init__(self, acts: list[Act]) -> None:
        self.acts = acts
        self.requests: list[tuple[int, bytes]] = []
        self.numbers = count(1)
        self.lock = threading.Lock()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def connections(self) -> list[int]:
        """The number of the connection that each request came over."""
        return [number for number, _ in self.requests]

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                threading.Thread(target=self._serve, args=(connection, next(self.numbers)), daemon=True).start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError):
            while True:
                data = b""
                while b"\r\n\r\n" not in data:
                    more = connection.recv(65_536)
                    if not more:
                        return
                    data += more
                with self.lock:
                    self.requests.append((number, data))
                    act = self.acts.pop(0) if self.acts else OK
                if callable(act):
                    act(connection)
                    return
                connection.sendall(act)
                if act in (CLOSE, ENDLESS):
                    return


def hang_up(connection: socket.socket) -> None:
    connection.close()


def begin_an_answer(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 2")


def chatter(connection: socket.socket) -> None:
    connection.sendall(OK + OK)
    connection.recv(1)


def hang(connection: socket.socket) -> None:
    connection.settimeout(5)
    connection.recv(1)


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    made: list[Server] = []

    def start(*acts: Act) -> Server:
        made.append(Server(list(acts)))
        return made[-1]

    yield start
    for server in made:
        server.listener.close()


Serve = Callable[..., Server]


def ask(server: Server, kept_for: str = "ada", **more: Any) -> Request:
    return Request(method="POST", url=f"{server.origin}/x", kept_for=kept_for, repeatable=True, **more)


@pytest.fixture
def sends() -> Iterator[Callable[[Server], Callable[[Request], Response]]]:
    made: list[HttpClient] = []

    def over(server: Server) -> Callable[[Request], Response]:
        made.append(HttpClient(allowed_origins=[server.origin], only_allowed=True))
        return lambda request: made[-1].send(request, lambda _: b"")

    yield over
    for one in made:
        one.close()


Sends = Callable[[Server], Callable[[Request], Response]]


@pytest.mark.parametrize("answer", [OK, CHUNKED])
def test_requests_of_one_account_share_a_connection(serve: Serve, sends: Sends, answer: bytes) -> None:
    server = serve(answer, answer, answer)
    send = sends(server)
    for _ in range(3):
        assert send(ask(server)).body == {}
    assert server.connections == [1, 1, 1]
    assert b"\r\nConnection: keep-alive\r\n" in server.requests[0][1]


def test_another_account_another_judgement_and_whoever_asks_for_none_get_a_connection_of_their_own(
    serve: Serve, sends: Sends
) -> None:
    server = serve()
    send = sends(server)
    for request in (
        ask(server),
        ask(server, "grace"),
        ask(server, user_given=True),
        ask(server, ""),
        ask(server, ""),
    ):
        send(request)
    assert server.connections == [1, 2, 3, 4, 5]
    send(ask(server))
    assert server.connections[-1] == 1


@pytest.mark.parametrize("answer", [CLOSE, ENDLESS])
def test_a_connection_that_ends_with_its_answer_is_not_kept(serve: Serve, sends: Sends, answer: bytes) -> None:
    server = serve(answer, answer)
    send = sends(server)
    send(ask(server))
    assert send(ask(server)).status == 200
    assert server.connections == [1, 2]


@pytest.mark.parametrize("limit", ["IDLE_SECONDS", "AGE_SECONDS"])
def test_a_connection_is_neither_left_idle_for_long_nor_used_for_long(
    serve: Serve, sends: Sends, limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    send = sends(server)
    send(ask(server))
    monkeypatch.setattr(connection_pool, limit, 0.0)
    send(ask(server))
    assert server.connections == [1, 2]


@pytest.mark.parametrize("clock", [0, 1])
def test_a_machine_that_slept_keeps_nothing_whichever_of_its_clocks_stood_still(
    serve: Serve, sends: Sends, clock: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = serve()
    send = sends(server)
    send(ask(server))
    now = list(connection_pool._stamp())
    now[clock] += 3600
    monkeypatch.setattr(connection_pool, "_stamp", lambda: tuple(now))
    send(ask(server))
    assert server.connections == [1, 2]


def test_a_server_that_hung_up_meanwhile_costs_a_fresh_connection_and_nothing_else(serve: Serve, sends: Sends) -> None:
    over = threading.Event()

    def answer_and_leave(connection: socket.socket) -> None:
        connection.sendall(OK)
        connection.close()
        over.set()

    server = serve(answer_and_leave)
    send = sends(server)
    send(ask(server))
    assert over.wait(5)
    assert send(ask(server)).status == 200
    assert server.connections == [1, 2]


def test_what_a_server_says_unasked_ends_its_connection(serve: Serve, sends: Sends) -> None:
    server = serve(chatter)
    send = sends(server)
    send(ask(server))
    send(ask(server))
    assert server.connections == [1, 2]


def test_a_kept_connection_that_breaks_before_an_answer_is_tried_once_more_over_a_fresh_one(
    serve: Serve, sends: Sends
) -> None:
    server = serve(OK, hang_up)
    send = sends(server)
    send(ask(server))
    assert send(ask(server)).status == 200
    assert server.connections == [1, 1, 2]
    assert server.requests[1][1].partition(b"\r\n")[0] == server.requests[2][1].partition(b"\r\n")[0]


def test_a_second_break_is_no_answer_and_nothing_is_sent_a_third_time(serve: Serve, sends: Sends) -> None:
    server = serve(OK, hang_up, hang_up)
    send = sends(server)
    send(ask(server))
    with pytest.raises(NoAnswerError):
        send(ask(server))
    assert server.connections == [1, 1, 2]


def test_a_kept_connection_that_breaks_and_nobody_is_there_any_more_is_not_called_not_sent(
    serve: Serve, sends: Sends
) -> None:
    def close_all(connection: socket.socket) -> None:
        server.listener.shutdown(socket.SHUT_RDWR)
        server.listener.close()
        connection.close()

    server = serve(OK, close_all)
    send = sends(server)
    send(ask(server))
    with pytest.raises(NoAnswerError) as caught:
        send(ask(server))
    assert not isinstance(caught.value, NotSentError)
    assert server.connections == [1, 1]


@pytest.mark.parametrize("act", [begin_an_answer, hang])
def test_a_kept_connection_is_not_tried_again_once_an_answer_has_begun_or_time_is_over(
    serve: Serve, sends: Sends, act: Act
) -> None:
    server = serve(OK, act)
    send = sends(server)
    send(ask(server))
    with pytest.raises(NoAnswerError):
        send(ask(server, total_timeout=0.3))
    assert server.connections == [1, 1]


def test_a_fresh_connection_that_breaks_is_not_tried_again(serve: Serve, sends: Sends) -> None:
    server = serve(hang_up)
    with pytest.raises(NoAnswerError):
        sends(server)(ask(server))
    assert server.connections == [1]


def test_a_place_that_is_not_allowed_is_refused_for_a_kept_request_too(serve: Serve, sends: Sends) -> None:
    server = serve()
    with pytest.raises(NotSentError):
        sends(server)(replace(ask(server), url="http://127.0.0.1:9/x"))


def test_many_threads_never_share_a_connection_at_one_time(serve: Serve, sends: Sends) -> None:
    server = serve()
    send = sends(server)
    bodies: list[Any] = []

    def work() -> None:
        bodies.extend(send(ask(server)).body for _ in range(20))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert bodies == [{}] * 160
    assert len(server.requests) == 160


def test_no_more_connections_wait_than_may(serve: Serve, sends: Sends, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_pool, "AT_MOST", 2)
    server = serve()
    send = sends(server)
    for whose in ("a", "b", "c", "b", "c", "a"):
        send(ask(server, whose))
    assert server.connections == [1, 2, 3, 2, 3, 4]


def test_a_connection_that_waits_is_closed_at_the_end() -> None:
    server = Server([])
    send = HttpClient(allowed_origins=[server.origin], only_allowed=True, tls=ssl.create_default_context())
    send.send(ask(server), lambda _: b"")
    (line,) = send._kept._waiting.values()
    send.close()
    assert line.socket.fileno() == -1
    server.listener.close()
