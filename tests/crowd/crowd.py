"""A crowd: requests of many clients to one `omnipub up`, each sent twice, and what became of them."""

import http.client
import json
import struct
import time
import zlib
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from urllib.parse import urlsplit

from omnipub.channels.registry import CHANNELS
from omnipub.onebox.sandbox_process import control

PICTURED = 5
"""Every so many requests bring an image of their own."""

RESTLESS = frozenset({"scheduled", "publishing", "held"})

Given = TypeVar("Given")
Told = TypeVar("Told")

QUIET = 2
"""Clients that repeat the requests, once all were answered."""


@dataclass(frozen=True, kw_only=True)
class Address:
    """Where `up` and its sandbox answer."""

    api: str
    token: str
    sandbox: str


@dataclass(frozen=True, kw_only=True)
class Answered:
    """One request's answers.

    Attributes:
        number: Of the request.
        status: Of the first answer.
        id: In the first answer; empty if it was refused.
        again: Status and id of the answer to the repeated request, and whether it says that it is one.
    """

    number: int
    status: int
    id: str
    again: tuple[int, str, bool] = (0, "", False)


class Client:
    """One client of the API, over one connection."""

    def __init__(self, where: Address) -> None:
        self._token = where.token
        self._line = http.client.HTTPConnection(urlsplit(where.api).netloc, timeout=60)

    def ask(self, method: str, path: str, body: bytes | None = None, **headers: str) -> tuple[int, Any, Any]:
        """Status, headers and JSON of the answer."""
        sent = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/json"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        self._line.request(method, f"/api/v1{path}", body=body, headers=sent)
        answer = self._line.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())

    def close(self) -> None:
        self._line.close()


def text_of(number: int) -> str:
    """What request `number` asks to be published."""
    return f"Request {number} of the crowd."


def publish(where: Address, *, clients: int, requests: int) -> list[Answered]:
    """Send `requests` requests by `clients` clients at once, then each again, quietly."""
    networks = sorted(CHANNELS)

    def first(client: Client, number: int) -> tuple[bytes, Answered]:
        asked: dict[str, Any] = {"text": text_of(number), "channels": [networks[number % len(networks)]]}
        if number % PICTURED == 0:
            status, _, stored = client.ask("POST", "/media", picture(number), Content_Type="image/png")
            assert status == 201, stored
            asked["media"] = [{"key": stored["key"], "alt": f"Picture {number}"}]
        body = json.dumps(asked).encode()
        status, _, made = client.ask("POST", "/messages", body, Idempotency_Key=key_of(number))
        return body, Answered(number=number, status=status, id=made.get("id", ""))

    def again(client: Client, sent: tuple[bytes, Answered]) -> Answered:
        body, one = sent
        status, headers, made = client.ask("POST", "/messages", body, Idempotency_Key=key_of(one.number))
        told = (status, made.get("id", ""), headers.get("Idempotent-Replayed") == "true")
        return Answered(number=one.number, status=one.status, id=one.id, again=told)

    # Dealt out like cards, so that neighbours in number are under way at the same time.
    return _all(where, QUIET, again, _all(where, clients, first, range(requests)))


def come_to_rest(where: Address, requests: int, *, patience: timedelta) -> None:
    """Return when the sandbox has as many posts and a moment later no more.

    Raises:
        AssertionError: It takes too long.
    """
    deadline = time.monotonic() + patience.total_seconds()
    while (count := control(where.sandbox, "count")["totals"]["posts"]) < requests:
        assert time.monotonic() < deadline, f"{count} of {requests} posts are out"
        time.sleep(0.2)
    time.sleep(2)


def broken(where: Address, answered: Sequence[Answered]) -> list[str]:
    """Each promise that was broken, in a sentence."""
    told = [*_answers(answered), *_network(where, len(answered))]
    client = Client(where)
    with closing(client):
        for one in answered:
            if one.id:
                status, _, shown = client.ask("GET", f"/messages/{one.id}")
                if status != 200 or shown["content"]["text"] != text_of(one.number):
                    told.append(f"request {one.number} was answered with {one.id}, which is another's message")
                elif (states := {each["status"] for each in shown["deliveries"]}) != {"published"}:
                    told.append(f"request {one.number} ended {states}")
    return told


def key_of(number: int) -> str:
    """The Idempotency-Key of request `number`."""
    return f"crowd-{number}"


def picture(number: int) -> bytes:
    """A PNG of 640 by 640 points in a colour of its own."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    colour = number.to_bytes(3)
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 640, 640, 8, 2, 0, 0, 0))
    rows = zlib.compress((b"\0" + colour * 640) * 640)
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def _answers(answered: Sequence[Answered]) -> list[str]:
    told = [f"request {one.number} was answered {one.status}" for one in answered if one.status != 201]
    told += [
        f"request {one.number}, repeated, was answered {one.again}"
        for one in answered
        if one.again != (201, one.id, True)
    ]
    shared = [made for made, times in Counter(one.id for one in answered if one.id).items() if times > 1]
    return told + [f"{made} was given to several requests" for made in shared]


def _network(where: Address, requests: int) -> list[str]:
    totals = control(where.sandbox, "count")["totals"]
    posts = control(where.sandbox, "posts?limit=1000000")["posts"]
    told = [] if totals["posts"] == requests else [f"the networks count {totals['posts']} posts, not {requests}"]
    told += [f"the networks count {totals[name]} {name}" for name in ("doubles", "repeats") if totals[name]]
    for post in posts:
        number = next((n for n in range(requests) if text_of(n) in post["text"]), None)
        alts = [one.get("alt", "") for one in post["media"]]
        if number is None or (len(alts) == 1) != (number % PICTURED == 0):
            told.append(f"'{post['text']}' came out with pictures {alts}")
    return told


def _all(where: Address, clients: int, act: Callable[[Client, Given], Told], given: Sequence[Given]) -> list[Told]:
    """What `act` makes of each, by `clients` clients that take turns; in the order given."""

    def take_turns(first: int) -> list[Told]:
        client = Client(where)
        with closing(client):
            return [act(client, one) for one in given[first::clients]]

    with ThreadPoolExecutor(clients) as threads:
        hands = list(threads.map(take_turns, range(clients)))
    return [hands[n % clients][n // clients] for n in range(len(given))]
