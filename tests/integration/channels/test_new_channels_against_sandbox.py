"""Bluesky and Telegram, driver and HTTP against the sandbox, which speaks both networks' formats strictly."""

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from time import monotonic, sleep
from typing import Any

import pytest
import urllib3

from omnipub.adapters.http.client import HttpClient
from omnipub.channels.networks.bluesky.channel import Bluesky
from omnipub.channels.networks.telegram.channel import Telegram
from omnipub.domain.conversation import (
    Account,
    Channel,
    FrozenBody,
    Looking,
    Occasion,
    Publishing,
    Request,
    Response,
)
from omnipub.domain.conversation import Secret as Token
from omnipub.domain.delivery.fingerprint import Likeness, likeness
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.message import Content, MediaReference
from omnipub.domain.network import PostIds
from omnipub.sandbox.http_server import SandboxServer
from omnipub.services.delivery.reconcile import sent_by
from omnipub.services.protocol.driver import Driver

ACCOUNTS = {
    "bluesky": ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "abcd-efgh-ijkl-mnop"),
    "telegram": ("@omnipub", "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"),
}
LONGEST = timedelta(seconds=1)
"""A hanging network is found out this quickly."""

both = pytest.mark.parametrize("network", ACCOUNTS)


def picture(shade: int) -> bytes:
    """A PNG of one grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(bytes([0, shade]))) + chunk(b"IEND", b"")


PICTURES = {hashlib.sha256(picture(shade)).hexdigest(): picture(shade) for shade in range(4)}
IMAGES = tuple(
    MediaReference(key=key, content_type="image/png", size=len(data), alt=f'Grey no. {number} — "a pixel"')
    for number, (key, data) in enumerate(PICTURES.items(), 1)
)


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep_until(self, moment: datetime) -> None:
        raise AssertionError(f"the driver does not sleep until {moment}")


@dataclass
class Notes:
    """Everything that reached the journal."""

    lines: list[str] = field(default_factory=list)

    def note(self, event: str, **facts: Any) -> None:
        self.lines.append(repr((event, facts)))


@dataclass
class Listening:
    """HTTP, and what was asked over it."""

    send_on: HttpClient
    asked: list[str] = field(default_factory=list)

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        self.asked.append(request.url.rpartition("/")[2].rpartition(".")[2])
        return self.send_on.send(request, media)


class Bench:
    """A running sandbox, new channels without sessions, and omnipub's own way to talk to the networks."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.channels: dict[str, Channel] = {"bluesky": Bluesky(), "telegram": Telegram()}
        self.http = Listening(HttpClient(allowed_origins=[url], only_allowed=True))
        self.notes = Notes()
        self.driver = Driver(
            send=self.http, media=PICTURES.__getitem__, clock=WallClock(), journal=self.notes, longest=LONGEST
        )
        for network, (name, token) in ACCOUNTS.items():
            self.control("POST", "accounts", {"network": network, "account": name, "token": token})

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = urllib3.request(method, f"{self.url}/_sandbox/{path}", json=body)
        assert answer.status < 300, answer.data
        return answer.json()

    def fault(self, network: str, kind: str, **more: Any) -> None:
        self.control("POST", "faults", {"network": network, "kind": kind} | more)

    def posts(self, network: str) -> list[Any]:
        found: list[Any] = self.control("GET", f"posts?network={network}")["posts"]
        return found

    def count(self, network: str) -> tuple[int, int, int]:
        counted = self.control("GET", "count")["networks"][network][ACCOUNTS[network][0]]
        return counted["posts"], counted["doubles"], counted["repeats"]

    def account(self, network: str) -> Account:
        name, token = ACCOUNTS[network]
        return Account(id=name, base_url=f"{self.url}/{network}", token=Token(token))

    def frozen(self, network: str, content: Content) -> FrozenBody:
        """As it comes back from the table."""
        occasion = Occasion(delivery_key=f"MSG#1/CHANNEL#{network}", due_at=datetime(2026, 11, 23, 9, tzinfo=UTC))
        body: FrozenBody = json.loads(json.dumps(self.channels[network].render(content, occasion)))
        return body

    def run(self, conversation: Publishing, ids: PostIds | None = None) -> Outcome:
        return self.driver.publish(
            conversation, secrets=(), lease_until=datetime.now(UTC) + timedelta(minutes=10), ids=ids
        )

    def send(self, network: str, frozen: FrozenBody, account: Account | None = None) -> Outcome:
        channel = self.channels[network]
        talk = channel.publish(frozen, account or self.account(network), lambda: datetime.now(UTC))
        return self.run(talk, channel.post_ids)

    def publish(self, network: str, content: Content, account: Account | None = None) -> Outcome:
        return self.send(network, self.frozen(network, content), account)

    def look(self, network: str, conversation: Looking) -> Sighting:
        until = datetime.now(UTC) + timedelta(minutes=10)
        return self.driver.look(conversation, secrets=(), lease_until=until, ids=self.channels[network].post_ids)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    server = SandboxServer(tmp_path)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
    thread.start()
    yield Bench(server.url)
    server.shutdown()
    server.server_close()
    thread.join()


@both
def test_a_text_is_published_once_and_reads_as_it_was_written(network: str, bench: Bench) -> None:
    content = Content(
        text="Grüße (alle)! 50% off_now\n<3 @you #aws_user 👨‍👩‍👧‍👦 https://é.example/a_(b).", hashtags=("cloud",)
    )
    outcome = bench.publish(network, content)
    (post,) = bench.posts(network)
    assert (outcome.ended, outcome.network_id) == (TryEnd.PUBLISHED, post["id"])
    assert post["text"] == f"{content.text}\n\n#cloud"


@both
def test_a_link_is_published_as_a_link(network: str, bench: Bench) -> None:
    outcome = bench.publish(network, Content(text="Read this", link="https://example.com/a_b?c=d"))
    (post,) = bench.posts(network)
    assert outcome.ended is TryEnd.PUBLISHED
    assert post["link"] == "https://example.com/a_b?c=d"


@pytest.mark.parametrize(("network", "count"), [("bluesky", 1), ("bluesky", 4), ("telegram", 1), ("telegram", 4)])
def test_images_are_published_in_one_post(network: str, count: int, bench: Bench) -> None:
    outcome = bench.publish(network, Content(text="Look", media=IMAGES[:count], link="https://example.com/a"))
    (post,) = bench.posts(network)
    assert outcome.ended is TryEnd.PUBLISHED
    described = network == "bluesky"  # Telegram has no descriptions
    assert [(image["sha"], image["alt"]) for image in post["media"]] == [
        (image.key, image.alt if described else "") for image in IMAGES[:count]
    ]
    assert post["text"] == "Look\n\nhttps://example.com/a"


@both
def test_a_permalink_leads_to_the_post(network: str, bench: Bench) -> None:
    outcome = bench.publish(network, Content(text="Here I am"))
    (post,) = bench.posts(network)
    assert outcome.permalink == post["permalink"]
    assert urllib3.request("GET", outcome.permalink).status == 200


@both
def test_a_post_is_deleted_and_deleting_it_again_is_no_error(network: str, bench: Bench) -> None:
    outcome = bench.publish(network, Content(text="Not for long"))
    for _ in range(2):
        gone = bench.run(bench.channels[network].delete(outcome.network_id, bench.account(network)))
        assert (gone.ended, gone.network_id) == (TryEnd.PUBLISHED, outcome.network_id)
    (post,) = bench.posts(network)
    assert post["deleted_at"] is not None


FAULTS = [
    ("throttle", {}, {"bluesky": TryEnd.THROTTLED, "telegram": TryEnd.THROTTLED}, 0),
    ("error_before", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 0),
    ("error_after", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 1),
    ("accept_then_hang", {"seconds": 5}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 1),
    ("reset", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 0),
    ("reset_after", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 1),
    ("expired_token", {}, {"telegram": TryEnd.AUTH}, 0),
    ("expired_token", {}, {"bluesky": TryEnd.PUBLISHED}, 1),  # a new session, in the same try
    ("expired_token", {"times": 2}, {"bluesky": TryEnd.AUTH}, 0),
    ("slow", {"seconds": 0.3}, dict.fromkeys(ACCOUNTS, TryEnd.PUBLISHED), 1),
    ("reject", {}, dict.fromkeys(ACCOUNTS, TryEnd.REJECTED), 0),
    ("no_id", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 1),
]


@pytest.mark.parametrize(
    ("network", "kind", "more", "ended", "posts"),
    [(network, kind, more, ended, posts) for kind, more, ends, posts in FAULTS for network, ended in ends.items()],
)
def test_trouble_ends_in_what_is_known_of_it(
    network: str, kind: str, more: Mapping[str, Any], ended: TryEnd, posts: int, bench: Bench
) -> None:
    bench.fault(network, kind, **more)
    outcome = bench.publish(network, Content(text=f"Trouble with {kind}"))
    assert outcome.ended is ended
    assert len(bench.posts(network)) == posts
    if ended is not TryEnd.PUBLISHED:
        assert outcome.sentence


@both
def test_throttling_waits_as_long_as_the_network_asks(network: str, bench: Bench) -> None:
    bench.fault(network, "throttle", wait_seconds=300)
    assert bench.publish(network, Content(text="Too fast")).wait == timedelta(minutes=5)


@both
def test_a_wrong_token_needs_the_owner_and_is_never_shown(network: str, bench: Bench) -> None:
    token = ACCOUNTS[network][1][::-1] if network == "bluesky" else ACCOUNTS[network][1].replace("AAH", "BBH")
    outcome = bench.publish(network, Content(text="Hello"), replace(bench.account(network), token=Token(token)))
    assert outcome.ended is TryEnd.AUTH
    assert token not in outcome.sentence
    assert bench.posts(network) == []


@both
def test_a_network_that_cannot_be_reached_is_not_sent_to_and_no_secret_is_shown(network: str, bench: Bench) -> None:
    nowhere = replace(bench.account(network), base_url=f"https://127.0.0.1:1/{network}")
    outcome = bench.publish(network, Content(text="Hello"), nowhere)
    assert outcome.ended is TryEnd.NOT_SENT
    assert ACCOUNTS[network][1] not in outcome.sentence


@both
def test_secrets_reach_neither_the_journal_nor_the_logs_whatever_happens(
    network: str, bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    secret = ACCOUNTS[network][1]
    shown = []
    for kind in ("reset", "error_before", "reject", "no_id", "expired_token"):
        bench.fault(network, kind)
        shown.append(bench.publish(network, Content(text=kind)).sentence)
    assert secret not in "".join(shown + bench.notes.lines) + caplog.text
    assert secret.partition(":")[2] not in caplog.text or not secret.partition(":")[2]


# --- Bluesky: the same put again finds out


@pytest.mark.parametrize("kind", ["accept_then_hang", "error_after", "reset_after", "no_id"])
@pytest.mark.parametrize(
    "content", [Content(text="Hello #aws", link="https://example.com/a"), Content(text="Hello", media=IMAGES)]
)
def test_what_is_put_again_after_a_missing_answer_is_one_post(kind: str, content: Content, bench: Bench) -> None:
    bench.fault("bluesky", kind)
    frozen = bench.frozen("bluesky", content)
    assert bench.send("bluesky", frozen).ended is TryEnd.AMBIGUOUS
    again = bench.send("bluesky", frozen)
    (post,) = bench.posts("bluesky")
    assert (again.ended, again.network_id) == (TryEnd.PUBLISHED, post["id"])
    assert bench.count("bluesky") == (1, 0, 1)


@pytest.mark.parametrize("kind", ["error_before", "reset"])
def test_what_is_put_again_after_nothing_happened_is_one_post_too(kind: str, bench: Bench) -> None:
    bench.fault("bluesky", kind)
    frozen = bench.frozen("bluesky", Content(text="Hello"))
    assert bench.send("bluesky", frozen).ended is TryEnd.AMBIGUOUS
    assert bench.send("bluesky", frozen).ended is TryEnd.PUBLISHED
    assert bench.count("bluesky") == (1, 0, 0)


def test_a_put_that_arrives_after_the_one_that_replaced_it_is_still_one_post(bench: Bench) -> None:
    bench.fault("bluesky", "accept_after_client_left", seconds=10)
    frozen = bench.frozen("bluesky", Content(text="Slow but sure"))
    assert bench.send("bluesky", frozen).ended is TryEnd.AMBIGUOUS
    assert bench.send("bluesky", frozen).ended is TryEnd.PUBLISHED
    until = monotonic() + 5
    while bench.count("bluesky") != (1, 0, 1) and monotonic() < until:
        sleep(0.02)
    assert bench.count("bluesky") == (1, 0, 1)


def test_an_edited_post_does_not_come_out_beside_the_one_it_replaces(bench: Bench) -> None:
    assert bench.publish("bluesky", Content(text="Helo")).ended is TryEnd.PUBLISHED
    outcome = bench.publish("bluesky", Content(text="Hello"))
    assert (outcome.ended, outcome.code) == (TryEnd.ALREADY_THERE, "InvalidSwap")
    assert [post["text"] for post in bench.posts("bluesky")] == ["Helo"]


def test_one_session_serves_many_posts(bench: Bench) -> None:
    for _ in range(3):
        bench.publish("bluesky", Content(text="Hello"))
    bench.run(bench.channels["bluesky"].delete(bench.posts("bluesky")[0]["id"], bench.account("bluesky")))
    assert bench.http.asked == ["createSession", "putRecord", "putRecord", "putRecord", "deleteRecord"]


def test_a_new_password_opens_a_session_of_its_own(bench: Bench) -> None:
    bench.publish("bluesky", Content(text="Hello"))
    name, _ = ACCOUNTS["bluesky"]
    bench.control("POST", "accounts", {"network": "bluesky", "account": name, "token": "new-password"})
    old = bench.publish("bluesky", Content(text="Hello"))  # its session is over, and it opens no other
    assert old.ended is TryEnd.AUTH
    renewed = replace(bench.account("bluesky"), token=Token("new-password"))
    assert bench.publish("bluesky", Content(text="Hello"), renewed).ended is TryEnd.PUBLISHED


def test_an_account_may_be_named_by_its_handle(bench: Bench) -> None:
    bench.control("POST", "accounts", {"network": "bluesky", "account": "ada.example.org", "token": "secret-1"})
    ada = replace(bench.account("bluesky"), id="ada.example.org", token=Token("secret-1"))
    outcome = bench.publish("bluesky", Content(text="Hello"), ada)
    assert outcome.ended is TryEnd.PUBLISHED
    assert outcome.network_id.startswith("at://did:plc:")
    assert bench.run(bench.channels["bluesky"].delete(outcome.network_id, ada)).ended is TryEnd.PUBLISHED


@pytest.mark.parametrize("endpoint", ["sign_in", "upload"])
@pytest.mark.parametrize("kind", ["error_before", "error_after", "reset", "reset_after", "throttle"])
def test_trouble_before_the_put_leaves_nothing_out(endpoint: str, kind: str, bench: Bench) -> None:
    bench.fault("bluesky", kind, endpoint=endpoint)
    content = Content(text="Look", media=IMAGES)
    assert bench.publish("bluesky", content).ended is (TryEnd.THROTTLED if kind == "throttle" else TryEnd.NOT_SENT)
    assert bench.posts("bluesky") == []
    assert bench.publish("bluesky", content).ended is TryEnd.PUBLISHED
    assert bench.count("bluesky")[0] == 1


def test_a_look_up_finds_what_was_published(bench: Bench) -> None:
    frozen = bench.frozen("bluesky", Content(text="Find (me) #here", hashtags=("aws",)))
    outcome = bench.send("bluesky", frozen)
    channel = bench.channels["bluesky"]
    since = datetime(2026, 11, 23, 8, tzinfo=UTC)
    sighting = bench.look("bluesky", channel.look_up(bench.account("bluesky"), since))
    (found,) = sighting.posts
    assert (found.network_id, found.text) == (outcome.network_id, channel.text_of(frozen))
    assert (found.permalink, found.created_at) == (outcome.permalink, datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert sighting.reaches_back_to == since


@pytest.mark.parametrize(
    "content",
    [
        Content(text="New on our blog", link="https://example.com/a?b=1&c=2"),
        Content(text="New on our blog: https://example.com/a?b=1&c=2 #news"),
    ],
    ids=["card", "text"],
)
def test_what_was_published_is_known_again_by_its_words_and_its_links(content: Content, bench: Bench) -> None:
    frozen, channel = bench.frozen("bluesky", content), bench.channels["bluesky"]
    bench.send("bluesky", frozen)
    since = datetime(2026, 11, 23, 8, tzinfo=UTC)
    (found,) = bench.look("bluesky", channel.look_up(bench.account("bluesky"), since)).posts
    assert likeness(sent_by(channel, frozen), found) == (Likeness.SAME, "")
    other = bench.frozen("bluesky", replace(content, link="https://example.com/other"))
    assert likeness(sent_by(channel, other), found)[0] is Likeness.UNCLEAR


@pytest.mark.parametrize("kind", ["error_before", "reset", "throttle"])
def test_trouble_with_a_look_up_proves_nothing(kind: str, bench: Bench) -> None:
    bench.fault("bluesky", kind, endpoint="look_up")
    sighting = bench.look("bluesky", bench.channels["bluesky"].look_up(bench.account("bluesky"), datetime.now(UTC)))
    assert sighting.failed is not None
    assert sighting.reaches_back_to is None


def test_the_largest_texts_that_are_allowed_are_taken(bench: Bench) -> None:
    texts = {"bluesky": ("x" * 300, "👨‍👩‍👧‍👦" * 120), "telegram": ("x" * 4_096, "😀" * 2_048)}
    for network, each in texts.items():
        for number, text in enumerate(each):
            occasion = Occasion(delivery_key=f"MSG#{number}", due_at=datetime(2026, 11, 23, 9, tzinfo=UTC))
            frozen = bench.channels[network].render(Content(text=text), occasion)
            assert bench.send(network, frozen).ended is TryEnd.PUBLISHED
    captioned = Content(text="😀" * 512, media=IMAGES[:1])
    assert bench.publish("telegram", captioned).ended is TryEnd.PUBLISHED


# --- Telegram: nothing finds out


def test_a_bot_that_was_removed_needs_the_owner(bench: Bench) -> None:
    other = "110201544:CCHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
    bench.control("POST", "accounts", {"network": "telegram", "account": "@elsewhere", "token": other})
    outcome = bench.publish("telegram", Content(text="Hello"), replace(bench.account("telegram"), token=Token(other)))
    assert (outcome.ended, outcome.code) == (TryEnd.AUTH, "403")


def test_a_chat_that_is_not_there_refuses(bench: Bench) -> None:
    outcome = bench.publish("telegram", Content(text="Hello"), replace(bench.account("telegram"), id="@nobody"))
    assert (outcome.ended, outcome.code) == (TryEnd.AUTH, "400")
    assert "chat not found" in outcome.sentence


def test_a_message_whose_answer_is_missing_cannot_be_found_out(bench: Bench) -> None:
    bench.fault("telegram", "accept_then_hang", seconds=5)
    assert bench.publish("telegram", Content(text="Hello")).ended is TryEnd.AMBIGUOUS
    sighting = bench.look("telegram", bench.channels["telegram"].look_up(bench.account("telegram"), datetime.now(UTC)))
    assert sighting.failed is not None
    assert bench.count("telegram") == (1, 0, 0)
