"""No network's answer brings a secret into what is kept, whichever conversation it ends and however it is written."""

import json
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Account, Occasion, Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.message import Content, MediaReference
from omnipub.ports.http import NoAnswerError
from omnipub.services.accounts.check import CheckableChannel
from omnipub.services.accounts.refresh_results import Refreshable
from omnipub.services.protocol.driver import Driver
from support.echoes import WAYS, traces

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
JWT, NEXT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJkaWQ6cGxj.Qz-7x_accessCanary01", "rfr3shC4naryT0kenOfTheSess10n"
UPLOAD = "sgnt=UpL0adC4naryQ7x9"
FRESH, FRESHER = "fr3shC4naryAccessT0ken01", "fr3shC4naryRefr3shT0ken02"

# Everything that an account of each network has, and what of it the network is sent or knows.
TOKENS = {
    "bluesky": "k3vq-7xzw-m2pj-9rtb",
    "facebook": "EAABsbCS1iHgBO7ZCa+NaRy/0Zq9Zd",
    "linkedin": "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV",
    "telegram": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
}
IDS = {
    "bluesky": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
    "facebook": "100000000000001",
    "linkedin": "urn:li:organization:7",
    "telegram": "@news",
    "webhook": "intranet",
}
POSTS = {
    "bluesky": "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3m2qrrgw222xy",
    "facebook": "100000000000001_122100000000002",
    "linkedin": "urn:li:share:7100000000000000001",
    "telegram": "-1001234567890/12",
    "webhook": "msg_0123456789abcdef0123456789abcdef",
}
CREDENTIALS = {name: f"cr3dC4nary-{name}-x9Zq7" for name in ("refresh_token", "client_id", "client_secret")}
ADDRESS = "https://u5erC4nary:pa55C4nary@hooks.example.com/serv1ces/T0C4nary/B0C4naryPath?k3y=qu3ryC4naryValue"

GOOD = {
    "createSession": {"accessJwt": JWT, "refreshJwt": NEXT, "handle": "ada.example"},
    "uploadBlob": {"blob": {"ref": "b"}},
    "initializeUpload": {"value": {"uploadUrl": f"https://api.linkedin.com/up/1?{UPLOAD}", "image": "urn:li:image:1"}},
    "/photos": {"id": "1"},
    "getMe": {"ok": True, "result": {"id": 1, "username": "ada_bot"}},
}
STATUSES = (200, 400, 201, 302, 400, 401, 403, 404, 409, 410, 413, 422, 426, 429, 500, 502)


@dataclass
class Hostile:
    """Answers well until the `turn`-th request, whose answer quotes everything that it can."""

    turn: int
    status: int
    quoted: str
    asked: list[Request] = field(default_factory=list)

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:  # noqa: ARG002
        self.asked.append(request)
        if len(self.asked) < self.turn:
            good = next((body for part, body in GOOD.items() if part in request.url), {})
            return Response(status=200, body=good)
        if self.status == 502:
            raise NoAnswerError("hooks.example.com gave no complete answer within 25 seconds.")
        body = dict.fromkeys(
            ("message", "description", "error_description", "detail", "id", "uri", "name", "title", "username"),
            self.quoted,
        )
        body |= dict.fromkeys(("handle", "permalink_url", "localizedName", "sub", "code", "blob"), self.quoted)
        error: Any = {"message": self.quoted, "error_user_msg": self.quoted, "code": 190, "error_subcode": 1}
        shape = len(self.asked) + self.status
        body |= {"error": error if shape % 2 else "InvalidRequest", "ok": self.status == 200, "result": dict(body)}
        body |= {
            "accessJwt": JWT,
            "refreshJwt": NEXT,
            "access_token": FRESH,
            "refresh_token": FRESHER,
            "expires_in": 60,
        }
        headers = {"x-restli-id": self.quoted, "location": self.quoted, "www-authenticate": self.quoted}
        return Response(status=self.status, headers=headers, body=body if shape % 3 else json.dumps(body))


class Still:
    """A clock that does not move, and a journal that nobody reads."""

    def now(self) -> datetime:
        return NOW

    def sleep_until(self, moment: datetime) -> None:
        raise AssertionError(moment)

    def note(self, event: str, **facts: Any) -> None:
        self.noted = event, facts


def account_of(network: str) -> Account:
    base = ADDRESS if network == "webhook" else CHANNELS[network].base_url
    return Account(id=IDS[network], base_url=base, token=Secret(TOKENS[network]))


def conversations(network: str) -> Iterator[tuple[str, Callable[[], Generator[Request, Response, Any]]]]:
    """Each conversation that a channel can hold, each time a new channel: a session must not be left over."""
    channel = type(CHANNELS[network])()
    account = account_of(network)
    image = MediaReference(key="aa" * 32, content_type="image/png", size=10, alt="A rack")
    occasion = Occasion(delivery_key="MSG#01KAQ8GQ00000000000000000A/CHANNEL#x", due_at=NOW)
    for content in (Content(text="Hello"), Content(text="Hello", media=(image,))):
        frozen = channel.render(content, occasion)
        yield "publish", lambda frozen=frozen: channel.publish(frozen, account, lambda: NOW)
    yield "look_up", lambda: channel.look_up(account, NOW - timedelta(minutes=5))
    yield "delete", lambda: channel.delete(POSTS[network], account)
    if isinstance(channel, CheckableChannel):
        yield "check", lambda: channel.check(account)
    if isinstance(channel, Refreshable):

        def token_refresh() -> Generator[Request, Response, Outcome]:
            renewal = yield from channel.renew(account, {name: Secret(value) for name, value in CREDENTIALS.items()})
            return renewal.outcome

        yield "renew", token_refresh


def canaries(network: str) -> list[str]:
    """Each secret that the network can know."""
    known = TOKENS[network].split()
    return known + {
        "bluesky": [JWT, NEXT],
        "linkedin": [*CREDENTIALS.values(), UPLOAD, FRESH, FRESHER],
        "webhook": ["pa55C4nary", "u5erC4nary", "/serv1ces/T0C4nary/B0C4naryPath", "B0C4naryPath", "qu3ryC4naryValue"],
    }.get(network, [])


def test_every_network_is_looked_at() -> None:
    assert CHANNELS
    assert set(TOKENS) == set(IDS) == set(POSTS) == set(CHANNELS), "a new network needs its canaries here"
    assert len(WAYS) > 20


@pytest.mark.parametrize("network", CHANNELS)
@pytest.mark.parametrize("turn", [1, 2, 3, 4])
def test_no_secret_is_left_in_what_a_conversation_ends_in(network: str, turn: int) -> None:
    ended = 0
    for first, canary in enumerate(canaries(network)):
        for second, (way, write) in enumerate(WAYS.items()):
            for third, (name, begin) in enumerate(conversations(network)):
                status = STATUSES[(first + second + 5 * third + turn) % len(STATUSES)]
                hostile = Hostile(turn=turn, status=status, quoted=f"it was {write(canary)} you sent")
                kept = held(network, name, begin(), hostile)
                if len(hostile.asked) >= turn and was_told(canary, hostile, network, name):
                    assert traces(kept, canary) == [], (name, way, status, kept)
                    ended += 1
    assert ended or turn > 1, "somebody was asked"


def held(network: str, name: str, talk: Any, hostile: Hostile) -> str:
    still = Still()
    driver = Driver(send=hostile, media=str.encode, clock=still, journal=still, longest=timedelta(seconds=25))
    ids = CHANNELS[network].post_ids
    secrets = [*account_of(network).secrets, *(map(Secret, CREDENTIALS.values()) if name == "renew" else ())]
    until = NOW + timedelta(minutes=10)
    if name == "look_up":
        seen = driver.look(talk, secrets=secrets, lease_until=until, ids=ids)
        return str(seen) + str(vars(still))
    wanted = ids if name == "publish" else None
    outcome = driver.publish(talk, secrets=secrets, lease_until=until, ids=wanted)
    assert outcome.ended in TryEnd
    return str(outcome) + str(vars(still))


def was_told(canary: str, hostile: Hostile, network: str, name: str) -> bool:
    """Whether the network has been given a secret in this conversation: else nobody here can know it."""
    if canary in TOKENS[network]:
        return True
    if canary in {*CREDENTIALS.values(), FRESH, FRESHER}:
        return name == "renew"
    if canary in {JWT, NEXT}:
        return any("createSession" in one.url for one in hostile.asked[:-1])
    return canary != UPLOAD or "/up/1" in hostile.asked[-1].url
