"""Channels, driver and HTTP against the sandbox: another process that speaks the networks' formats strictly."""

import base64
import hashlib
import json
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from time import monotonic, sleep
from typing import Any
from urllib.parse import quote

import pytest
import urllib3

from omnipub.adapters.http.client import HttpClient
from omnipub.channels.networks.linkedin.listing import MOVED, OVERLAP, PAGE_SIZE
from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import (
    Account,
    Channel,
    Looking,
    Occasion,
    Publishing,
    Request,
    Response,
    Secret,
)
from omnipub.domain.delivery.fingerprint import Likeness, likeness
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.message import Content, MediaReference
from omnipub.domain.network import PostIds
from omnipub.ports.http import HttpSender
from omnipub.services.delivery.reconcile import sent_by
from omnipub.services.protocol.driver import Driver

SECRET = "whsec_" + base64.b64encode(bytes(range(32))).decode()
ACCOUNTS = {
    "facebook": ("1784", "page-token-0123456789"),
    "linkedin": ("urn:li:organization:5583111", "company-token-0123456789"),
    "webhook": ("hook-1", SECRET),
}
LISTED = ("facebook", "linkedin")
LONGEST = timedelta(seconds=1.5)
"""A hanging network is found out this quickly."""

every_network = pytest.mark.parametrize("network", ACCOUNTS)
listed_networks = pytest.mark.parametrize("network", LISTED)


def picture(shade: int) -> bytes:
    """A PNG of one grey pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    pixel = chunk(b"IDAT", zlib.compress(bytes([0, shade])))
    return b"\x89PNG\r\n\x1a\n" + head + pixel + chunk(b"IEND", b"")


PICTURES = {hashlib.sha256(picture(shade)).hexdigest(): picture(shade) for shade in range(3)}
IMAGES = tuple(
    MediaReference(key=key, content_type="image/png", size=len(data), alt=f'Grey no. {number} — "a pixel"')
    for number, (key, data) in enumerate(PICTURES.items(), 1)
)


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep_until(self, moment: datetime) -> None:
        raise AssertionError(f"the driver does not sleep until {moment}")


class NoJournal:
    def note(self, event: str, **facts: Any) -> None:
        pass


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """A running sandbox, and omnipub's own way to talk to the networks in it."""

    url: str
    driver: Driver

    def control(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        answer = urllib3.request(method, f"{self.url}/_sandbox/{path}", json=body)
        assert answer.status < 300, answer.data
        return answer.json()

    def fault(self, network: str, kind: str, **more: Any) -> None:
        self.control("POST", "faults", {"network": network, "kind": kind} | more)

    def posts(self, network: str) -> list[Any]:
        found: list[Any] = self.control("GET", f"posts?network={network}")["posts"]
        return found

    def account(self, network: str) -> Account:
        name, token = ACCOUNTS[network]
        base_url = f"{self.url}/{network}" + (f"/{name}" if network == "webhook" else "")
        return Account(id=name, base_url=base_url, token=Secret(token))

    def run(self, conversation: Publishing, ids: PostIds | None = None) -> Outcome:
        return self.driver.publish(
            conversation, secrets=(), lease_until=datetime.now(UTC) + timedelta(minutes=10), ids=ids
        )

    def publish(self, network: str, content: Content, account: Account | None = None) -> Outcome:
        channel, frozen = rendered(network, content)
        talk = channel.publish(frozen, account or self.account(network), lambda: datetime.now(UTC))
        return self.run(talk, channel.post_ids)

    def look(self, network: str, conversation: Looking) -> Sighting:
        until = datetime.now(UTC) + timedelta(minutes=10)
        return self.driver.look(conversation, secrets=(), lease_until=until, ids=CHANNELS[network].post_ids)


def rendered(network: str, content: Content) -> tuple[Channel, Mapping[str, Any]]:
    channel = CHANNELS[network]
    occasion = Occasion(delivery_key=f"MSG#1/CHANNEL#{network}", due_at=datetime(2026, 11, 23, 9, tzinfo=UTC))
    return channel, channel.render(content, occasion)


@pytest.fixture(scope="module")
def sandbox_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = str(tmp_path_factory.mktemp("sandbox"))
    command = [sys.executable, "-m", "omnipub.sandbox", "--data", data, "--port", "0", "--exit-with-parent"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:  # noqa: S603 - our own
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())["url"]
        process.terminate()


@pytest.fixture
def sandbox(sandbox_url: str) -> Sandbox:
    driver = Driver(
        send=HttpClient(allowed_origins=[sandbox_url], only_allowed=True),
        media=PICTURES.__getitem__,
        clock=WallClock(),
        journal=NoJournal(),
        longest=LONGEST,
    )
    ready = Sandbox(url=sandbox_url, driver=driver)
    ready.control("POST", "reset")
    for network, (name, token) in ACCOUNTS.items():
        ready.control("POST", "accounts", {"network": network, "account": name, "token": token})
    return ready


@every_network
def test_a_text_is_published_once_and_reads_as_it_was_written(network: str, sandbox: Sandbox) -> None:
    content = Content(text="Grüße (alle)! 50% off_now\n<3 @you #aws_user", hashtags=("cloud",))
    outcome = sandbox.publish(network, content)
    (post,) = sandbox.posts(network)
    assert outcome.ended is TryEnd.PUBLISHED
    assert outcome.network_id == post["id"]
    assert post["text"] == "Grüße (alle)! 50% off_now\n<3 @you #aws_user\n\n#cloud"


@every_network
def test_a_link_is_published_as_a_link(network: str, sandbox: Sandbox) -> None:
    outcome = sandbox.publish(network, Content(text="Read this", link="https://example.com/a_b?c=d"))
    (post,) = sandbox.posts(network)
    assert outcome.ended is TryEnd.PUBLISHED
    assert post["link"] == "https://example.com/a_b?c=d"


@listed_networks
@pytest.mark.parametrize("count", [1, 3])
def test_images_are_published_with_their_descriptions_in_one_post(network: str, count: int, sandbox: Sandbox) -> None:
    outcome = sandbox.publish(network, Content(text="Look", media=IMAGES[:count], link="https://example.com/a"))
    (post,) = sandbox.posts(network)
    assert outcome.ended is TryEnd.PUBLISHED
    assert [(image["sha"], image["alt"]) for image in post["media"]] == [
        (image.key, image.alt) for image in IMAGES[:count]
    ]
    assert post["text"] == "Look\n\nhttps://example.com/a"


@listed_networks
def test_a_permalink_leads_to_the_post(network: str, sandbox: Sandbox) -> None:
    outcome = sandbox.publish(network, Content(text="Here I am"))
    (post,) = sandbox.posts(network)
    assert outcome.permalink == post["permalink"]
    assert urllib3.request("GET", outcome.permalink).status == 200


@listed_networks
def test_a_look_up_finds_what_was_published(network: str, sandbox: Sandbox) -> None:
    since = datetime.now(UTC) - timedelta(minutes=2)
    content = Content(text="Find (me) #here", hashtags=("aws",))
    outcome = sandbox.publish(network, content)
    channel, frozen = rendered(network, content)
    sighting = sandbox.look(network, channel.look_up(sandbox.account(network), since))
    (found,) = sighting.posts
    assert (found.network_id, found.text) == (outcome.network_id, channel.text_of(frozen))
    assert found.permalink == outcome.permalink
    assert abs(found.created_at - datetime.now(UTC)) < timedelta(seconds=30)
    assert sighting.reaches_back_to == since


@listed_networks
@pytest.mark.parametrize(
    "content",
    [
        Content(text="New on our blog", link="https://example.com/a?b=1&c=2"),
        Content(text="New on our blog: https://example.com/a?b=1&c=2 #news"),
        Content(text="Cats & dogs <3 \u2764\ufe0f", hashtags=("aws",)),
    ],
    ids=["card", "text", "entities"],
)
def test_what_was_published_is_known_again_by_its_words_and_its_links(
    network: str, content: Content, sandbox: Sandbox
) -> None:
    sandbox.publish(network, content)
    channel, frozen = rendered(network, content)
    since = datetime.now(UTC) - timedelta(minutes=2)
    sighting = sandbox.look(network, channel.look_up(sandbox.account(network), since))
    (found,) = sighting.posts
    assert likeness(sent_by(channel, frozen), found) == (Likeness.SAME, "")
    other = sent_by(channel, rendered(network, replace(content, link="https://example.com/other"))[1])
    assert likeness(other, found)[0] is Likeness.UNCLEAR
    assert sighting.clock_ahead is not None
    assert abs(sighting.clock_ahead) < timedelta(seconds=5)


@listed_networks
def test_a_look_up_turns_pages_until_it_has_seen_everything(network: str, sandbox: Sandbox) -> None:
    since = datetime.now(UTC) - timedelta(minutes=2)
    for number in range(45):
        sandbox.publish(network, Content(text=f"Number {number}"))
    sighting = sandbox.look(network, CHANNELS[network].look_up(sandbox.account(network), since))
    assert len(sighting.posts) == 45
    assert sighting.reaches_back_to == since


def test_a_persons_posts_cannot_be_looked_up(sandbox: Sandbox) -> None:
    person = replace(sandbox.account("linkedin"), id="urn:li:person:1")
    sandbox.control("POST", "accounts", {"network": "linkedin", "account": person.id, "token": person.token.reveal()})
    assert sandbox.publish("linkedin", Content(text="Hello"), person).ended is TryEnd.PUBLISHED
    sighting = sandbox.look("linkedin", CHANNELS["linkedin"].look_up(person, datetime.now(UTC)))
    assert sighting.failed is not None
    assert sighting.failed.ended is TryEnd.REJECTED


@listed_networks
def test_a_post_is_deleted(network: str, sandbox: Sandbox) -> None:
    outcome = sandbox.publish(network, Content(text="Not for long"))
    gone = sandbox.run(CHANNELS[network].delete(outcome.network_id, sandbox.account(network)))
    assert (gone.ended, gone.network_id) == (TryEnd.PUBLISHED, outcome.network_id)
    (post,) = sandbox.posts(network)
    assert post["deleted_at"] is not None


@pytest.mark.parametrize(
    "content", [Content(text="Hello"), Content(text="Hello", media=IMAGES)], ids=["text", "images"]
)
@listed_networks
def test_a_wrong_token_needs_the_owner(network: str, content: Content, sandbox: Sandbox) -> None:
    wrong = replace(sandbox.account(network), token=Secret("not-the-token-0123456789"))
    outcome = sandbox.publish(network, content, wrong)
    assert outcome.ended is TryEnd.AUTH
    assert "not-the-token" not in outcome.sentence
    assert sandbox.posts(network) == []


def test_a_receiver_with_another_secret_refuses_and_gets_another_try(sandbox: Sandbox) -> None:
    other = "whsec_" + base64.b64encode(b"y" * 32).decode()
    outcome = sandbox.publish(
        "webhook", Content(text="Hello"), replace(sandbox.account("webhook"), token=Secret(other))
    )
    assert outcome.ended is TryEnd.NOT_SENT
    assert "signing secret" in outcome.sentence


def test_a_receiver_that_gets_a_delivery_twice_counts_it_once(sandbox: Sandbox) -> None:
    sandbox.fault("webhook", "reset_after")
    assert sandbox.publish("webhook", Content(text="Hello")).ended is TryEnd.AMBIGUOUS
    assert sandbox.publish("webhook", Content(text="Hello")).ended is TryEnd.PUBLISHED
    assert sandbox.control("GET", "count")["totals"] == {"posts": 1, "doubles": 0, "repeats": 1, "deleted": 0}


FAULTS = [
    ("throttle", {}, {"facebook": TryEnd.THROTTLED, "linkedin": TryEnd.THROTTLED, "webhook": TryEnd.THROTTLED}, 0),
    ("error_before", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 0),
    ("error_after", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 1),
    ("accept_then_hang", {"seconds": 5}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 1),
    ("reset", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 0),
    ("reset_after", {}, dict.fromkeys(ACCOUNTS, TryEnd.AMBIGUOUS), 1),
    ("expired_token", {}, {"facebook": TryEnd.AUTH, "linkedin": TryEnd.AUTH, "webhook": TryEnd.NOT_SENT}, 0),
    ("slow", {"seconds": 0.3}, dict.fromkeys(ACCOUNTS, TryEnd.PUBLISHED), 1),
    ("reject", {}, {"facebook": TryEnd.REJECTED, "linkedin": TryEnd.REJECTED, "webhook": TryEnd.AUTH}, 0),
    ("no_id", {}, dict.fromkeys(LISTED, TryEnd.AMBIGUOUS), 1),
    ("listed_late", {"seconds": 1}, dict.fromkeys(LISTED, TryEnd.PUBLISHED), 1),
]


@pytest.mark.parametrize(
    ("network", "kind", "more", "ended", "posts"),
    [
        pytest.param(network, kind, more, ended, posts, id=f"{network}-{kind}")
        for kind, more, ends, posts in FAULTS
        for network, ended in ends.items()
    ],
)
def test_trouble_ends_in_what_is_known_of_it(
    network: str, kind: str, more: Mapping[str, Any], ended: TryEnd, posts: int, sandbox: Sandbox
) -> None:
    sandbox.fault(network, kind, **more)
    outcome = sandbox.publish(network, Content(text=f"Trouble with {kind}"))
    assert outcome.ended is ended
    assert len(sandbox.posts(network)) == posts
    if ended is not TryEnd.PUBLISHED:
        assert outcome.sentence


@every_network
def test_what_a_network_does_after_we_gave_up_is_why_no_answer_is_ambiguous(network: str, sandbox: Sandbox) -> None:
    sandbox.fault(network, "accept_after_client_left", seconds=10)
    outcome = sandbox.publish(network, Content(text="Slow but sure"))
    assert (outcome.ended, outcome.code) == (TryEnd.AMBIGUOUS, "no_answer")
    until = monotonic() + 5
    while not sandbox.posts(network) and monotonic() < until:
        sleep(0.02)
    assert len(sandbox.posts(network)) == 1


def test_throttling_waits_as_long_as_the_network_asks(sandbox: Sandbox) -> None:
    waits = {}
    for network in ACCOUNTS:
        sandbox.fault(network, "throttle", wait_seconds=300)
        waits[network] = sandbox.publish(network, Content(text="Too fast")).wait
    assert waits == {
        "facebook": timedelta(minutes=5),
        "linkedin": timedelta(minutes=15),  # LinkedIn never says
        "webhook": timedelta(minutes=5),
    }


@listed_networks
def test_a_duplicate_detector_says_that_it_is_out_already(network: str, sandbox: Sandbox) -> None:
    first = sandbox.publish(network, Content(text="The same"))
    sandbox.fault(network, "duplicate_detection")
    again = sandbox.publish(network, Content(text="The same"))
    assert again.ended is TryEnd.ALREADY_THERE
    assert again.network_id == (first.network_id if network == "linkedin" else "")
    assert len(sandbox.posts(network)) == 1


@listed_networks
def test_a_post_that_is_not_listed_yet_is_not_seen(network: str, sandbox: Sandbox) -> None:
    sandbox.fault(network, "listed_late", seconds=60)
    assert sandbox.publish(network, Content(text="Late")).ended is TryEnd.PUBLISHED
    sighting = sandbox.look(network, CHANNELS[network].look_up(sandbox.account(network), datetime.now(UTC)))
    assert sighting.posts == ()


@pytest.mark.parametrize("kind", ["error_before", "error_after", "reset", "reset_after"])
@listed_networks
def test_trouble_with_an_upload_leaves_nothing_out(network: str, kind: str, sandbox: Sandbox) -> None:
    sandbox.fault(network, kind, endpoint="upload")
    content = Content(text="Look", media=IMAGES)
    assert sandbox.publish(network, content).ended is TryEnd.NOT_SENT
    assert sandbox.posts(network) == []
    assert sandbox.publish(network, content).ended is TryEnd.PUBLISHED
    assert len(sandbox.posts(network)) == 1


@listed_networks
def test_trouble_with_a_look_up_proves_nothing(network: str, sandbox: Sandbox) -> None:
    for kind in ("error_before", "reset", "throttle", "expired_token"):
        sandbox.fault(network, kind, endpoint="look_up")
        sighting = sandbox.look(network, CHANNELS[network].look_up(sandbox.account(network), datetime.now(UTC)))
        assert sighting.failed is not None
        assert sighting.reaches_back_to is None


def test_a_sandbox_stage_reaches_no_live_network(sandbox: Sandbox) -> None:
    live = replace(sandbox.account("facebook"), base_url=CHANNELS["facebook"].base_url)
    outcome = sandbox.publish("facebook", Content(text="Oops"), live)
    assert outcome.ended is TryEnd.NOT_SENT
    assert "sandbox" in outcome.sentence


# LinkedIn's listing moves while it is read.


@dataclass
class Between:
    """Sends, and before the second request of a look lets somebody else act."""

    send_on: HttpSender
    act: Callable[[], None]
    sent: int = 0

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        self.sent += 1
        if self.sent == 2:
            self.act()
        return self.send_on.send(request, media)


def on_linkedin(sandbox: Sandbox, method: str, urn: str, *, rest_method: str, body: object = None) -> None:
    account = sandbox.account("linkedin")
    headers = {
        "Authorization": f"Bearer {account.token.reveal()}",
        "Linkedin-Version": "202606",
        "X-Restli-Protocol-Version": "2.0.0",
        "X-RestLi-Method": rest_method,
    }
    url = f"{account.base_url}/rest/posts/{quote(urn, safe='')}"
    answer = urllib3.request(method, url, headers=headers, **({} if body is None else {"json": body}))
    assert answer.status == 204, answer.data


def deleted(sandbox: Sandbox, urn: str) -> None:
    on_linkedin(sandbox, "DELETE", urn, rest_method="DELETE")


def touched(sandbox: Sandbox, urn: str) -> None:
    body = {"patch": {"$set": {"commentary": "Corrected"}}}
    on_linkedin(sandbox, "POST", urn, rest_method="PARTIAL_UPDATE", body=body)


def look_while(sandbox: Sandbox, act: Callable[[], None]) -> Sighting:
    between = Between(send_on=sandbox.driver.send, act=act)
    watched = replace(sandbox, driver=replace(sandbox.driver, send=between))
    since = datetime.now(UTC) - timedelta(minutes=2)
    sighting = watched.look("linkedin", CHANNELS["linkedin"].look_up(sandbox.account("linkedin"), since))
    assert between.sent >= 2
    return sighting


@pytest.fixture
def many(sandbox: Sandbox) -> list[str]:
    """Posts of LinkedIn for two pages, the newest first."""
    for number in range(PAGE_SIZE + 20):
        assert sandbox.publish("linkedin", Content(text=f"Number {number}")).ended is TryEnd.PUBLISHED
    return [post["id"] for post in sandbox.posts("linkedin")]


def test_a_post_that_a_deletion_moves_to_a_page_that_was_read_is_seen(sandbox: Sandbox, many: list[str]) -> None:
    sighting = look_while(sandbox, lambda: deleted(sandbox, many[0]))
    assert sighting.reaches_back_to is not None
    assert set(many[1:]) <= {post.network_id for post in sighting.posts}


def test_a_post_that_an_edit_moves_to_the_top_is_seen(sandbox: Sandbox, many: list[str]) -> None:
    ours = many[PAGE_SIZE + 10]
    sighting = look_while(sandbox, lambda: touched(sandbox, ours))
    assert sighting.reaches_back_to is not None
    assert {post.network_id: post.text for post in sighting.posts}[ours] == "Corrected"
    assert set(many) == {post.network_id for post in sighting.posts}


def test_a_listing_that_moves_too_much_proves_nothing(sandbox: Sandbox, many: list[str]) -> None:
    def act() -> None:
        for urn in many[: OVERLAP + 5]:
            deleted(sandbox, urn)

    sighting = look_while(sandbox, act)
    assert (sighting.reaches_back_to, sighting.doubt) == (None, MOVED)
