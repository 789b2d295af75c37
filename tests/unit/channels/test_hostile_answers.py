"""Whatever a network answers, nothing breaks, nothing false is kept, and nothing that is known gets lost."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.channels.answers import LONGEST_WAIT, SHORTEST_WAIT
from omnipub.channels.numbers import moment_of, moment_of_header, moment_of_milliseconds, whole_number
from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Account, Occasion, Request, Response, Secret
from omnipub.domain.delivery.fingerprint import SentPost, fingerprint
from omnipub.domain.delivery.lookup import read
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.message import Content
from omnipub.domain.timestamps import to_text
from omnipub.domain.validation import PERMALINK_AT_MOST, web_address
from omnipub.services.protocol.driver import Driver

NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
TOKENS = {
    "bluesky": "abcd-efgh-ijkl-mnop",
    "facebook": "EAAGm0PX4ZCpsBAKZA",
    "linkedin": "AQXdSP_W41_UPs5ioT",
    "telegram": "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",
    "webhook": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
}
ACCOUNTS = {
    "bluesky": "did:plc:ewvi7nxzyoun6zhxrhs64oiz",
    "facebook": "100000000000001",
    "linkedin": "urn:li:organization:5583111",
    "telegram": "@omnipub",
    "webhook": "intranet",
}

ODD = (
    None, True, False, 0, -1, 5, 2**31, 10**30, -(10**30), 0.5, 1e308, float("nan"), float("inf"), "", " ", "0", "-5",
    "90", "1e30", "nan", "٣٠", "9" * 400, "9" * 5_000, "\ud800", "a\ud800b", "a\nb", "\x1b[31m", "x" * 3_000, "../..",
    "javascript:alert(1)", "http://[/", "https://facebook.com.evil.example/1", "urn:li:share:1\n", "1_2\n", "1_2",
    "urn:li:share:7400000000000000001", "at://did:plc:a/app.bsky.feed.post/\ud800", "at://did:plc:a/app.bsky.feed.post/3m",
    "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-11-23T09:00:00", "2026-11-23T09:00:00+0000",
    "Mon, 23 Nov 2026 09:10:00 +99999999999999", [], {}, [[]], [None], [1] * 50, {"id": {}}, {"a": [{"b": 1}]},
)  # fmt: skip

odd = st.sampled_from(ODD) | st.text(max_size=20) | st.integers() | st.floats()

NAMES = (
    "id", "uri", "cid", "error", "message", "code", "error_subcode",
    "is_transient", "error_user_msg", "data", "elements", "records", "value", "text",
    "commentary", "createdAt", "lastModifiedAt", "created_time", "permalink_url", "paging", "cursors",
    "after", "next", "cursor", "result", "ok", "chat", "message_id",
    "username", "parameters", "retry_after", "migrate_to_chat_id", "description", "errorDetails", "inputErrors",
    "accessJwt", "refreshJwt", "did", "success",
)  # fmt: skip

answers_of = st.recursive(
    odd,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=25,
)

HEADERS = ("retry-after", "date", "ratelimit-reset", "x-restli-id", "x-business-use-case-usage", "content-type")
header_values = st.sampled_from([one for one in ODD if isinstance(one, str)]) | st.sampled_from(
    ['{"1":[{"estimated_time_to_regain_access":1e300}]}', "[" * 60_000, '{"1":{"a":1}}']
)

statuses = st.sampled_from([200, 201, 204, 301, 400, 401, 403, 404, 409, 410, 413, 422, 426, 429, 500, 502, 503])
responses = st.builds(
    lambda status, headers, body: Response(status=status, headers=headers, body=body),
    statuses,
    st.dictionaries(st.sampled_from(HEADERS), header_values, max_size=4),
    answers_of,
)


@dataclass
class Still:
    """A clock that stands."""

    def now(self) -> datetime:
        return NOW

    def sleep_until(self, moment: datetime) -> None:
        raise AssertionError(f"nobody waits until {moment}")


@dataclass
class Notes:
    """What was noted."""

    events: list[str] = field(default_factory=list)

    def note(self, event: str, **_facts: Any) -> None:
        self.events.append(event)


@dataclass
class Hostile:
    """Answers from a script, and its last line for ever; the session's login is answered well."""

    answers: list[Response]
    published: bool = False
    requests: int = 0

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        assert callable(media)
        self.requests += 1
        assert self.requests < 60, "the conversation does not end"
        if "createSession" in request.url or "refreshSession" in request.url:
            session = {"accessJwt": "a.b.c", "refreshJwt": "d.e.f", "did": ACCOUNTS["bluesky"], "handle": "ada.test"}
            return Response(status=200, body=session)
        self.published = self.published or request.publishes
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def account(network: str) -> Account:
    base_url = CHANNELS[network].base_url or "https://hooks.example.com/in"
    return Account(id=ACCOUNTS[network], base_url=base_url, token=Secret(TOKENS[network]))


def driver(wire: Hostile, notes: Notes | None = None) -> Driver:
    return Driver(send=wire, media=str.encode, clock=Still(), journal=notes or Notes(), longest=timedelta(seconds=25))


def published(network: str, *answers: Response) -> tuple[Outcome, Hostile]:
    channel = CHANNELS[network]
    occasion = Occasion(delivery_key=f"MSG#1/CHANNEL#{network}", due_at=NOW)
    frozen = channel.render(Content(text="Hello"), occasion)
    wire = Hostile(answers=list(answers))
    talk = channel.publish(frozen, account(network), lambda: NOW)
    until = NOW + timedelta(hours=1)
    return driver(wire).publish(talk, secrets=(), lease_until=until, ids=channel.post_ids), wire


def seen(network: str, *answers: Response) -> Sighting:
    channel = CHANNELS[network]
    talk = channel.look_up(account(network), NOW - timedelta(minutes=3))
    return driver(Hostile(answers=list(answers))).look(
        talk, secrets=(), lease_until=NOW + timedelta(hours=1), ids=channel.post_ids
    )


def kept_is_sound(outcome: Outcome) -> None:
    json.dumps([outcome.code, outcome.sentence, outcome.network_id, outcome.permalink]).encode()
    for kept in (outcome.code, outcome.sentence, outcome.network_id, outcome.permalink):
        kept.encode()
        assert kept.isprintable()
        assert len(kept) <= PERMALINK_AT_MOST
    assert outcome.permalink == web_address(outcome.permalink)
    if outcome.wait is not None:
        assert timedelta(0) <= outcome.wait <= LONGEST_WAIT
        to_text(NOW + outcome.wait)


@pytest.mark.parametrize("network", sorted(CHANNELS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_answer_makes_a_try_anything_but_one_of_the_outcomes(network: str, data: st.DataObject) -> None:
    answers = data.draw(st.lists(responses, min_size=1, max_size=3))
    outcome, wire = published(network, *answers)
    kept_is_sound(outcome)
    ids = CHANNELS[network].post_ids
    if outcome.ended is TryEnd.PUBLISHED:
        assert wire.published
        assert ids.match(outcome.network_id)
    else:
        assert outcome.network_id == "" or ids.match(outcome.network_id)
    statuses = {answer.status for answer in answers}
    if statuses == {429} and not (network == "facebook" and outcome.code != "http_429"):
        assert outcome.ended is TryEnd.THROTTLED
        assert outcome.wait is None or outcome.wait >= SHORTEST_WAIT


@pytest.mark.parametrize("network", sorted(CHANNELS))
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_no_answer_breaks_a_look_or_gets_a_post_adopted_under_an_id_that_is_none(
    network: str, data: st.DataObject
) -> None:
    sighting = seen(network, *data.draw(st.lists(responses, min_size=1, max_size=3)))
    for post in sighting.posts:
        assert CHANNELS[network].post_ids.match(post.network_id)
        assert post.permalink == web_address(post.permalink)
        fingerprint(post.text).encode()
        to_text(post.created_at)
    if sighting.failed is not None:
        kept_is_sound(sighting.failed)
    read(sighting, sent=SentPost(text="Hello"), since=NOW, owners={}, ours="us")


GOOD: Mapping[str, tuple[str, Callable[[Any], Response]]] = {
    "bluesky": (
        "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3m2qrrgw222xy",
        lambda id_: Response(status=200, body={"uri": id_, "cid": "b", "commit": {}}),
    ),
    "facebook": ("100000000000001_122100000000002", lambda id_: Response(status=200, body={"id": id_})),
    "linkedin": ("urn:li:share:7400000000000000001", lambda id_: Response(status=201, headers={"x-restli-id": id_})),
    "telegram": (
        "-1001234567890/12",
        lambda id_: Response(
            status=200,
            body={
                "ok": True,
                "result": {
                    "message_id": int(id_[-2:]) if id_.endswith("/12") else id_,
                    "chat": {"id": -1001234567890, "username": "\ud800"},
                },
            },
        ),
    ),
}


@pytest.mark.parametrize("network", sorted(GOOD))
def test_a_networks_own_id_is_published(network: str) -> None:
    id_, answer = GOOD[network]
    outcome, _ = published(network, answer(id_))
    assert (outcome.ended, outcome.network_id) == (TryEnd.PUBLISHED, id_)


@pytest.mark.parametrize("bad", ["\ud800", "9" * 3_000, "", "1_2\n", "urn:li:share:1\x1b[31m", "at://x y/z", "٣_٣"])
@pytest.mark.parametrize("network", sorted(GOOD))
def test_an_id_that_is_none_is_not_published_but_looked_for(network: str, bad: str) -> None:
    outcome, _ = published(network, GOOD[network][1](bad))
    assert outcome.ended is TryEnd.AMBIGUOUS
    assert outcome.network_id == ""
    kept_is_sound(outcome)


LISTS: Mapping[str, Callable[..., Response]] = {
    "bluesky": lambda *posts: Response(
        status=200,
        body={
            "records": [
                {"uri": id_, "value": {"text": text, "createdAt": "2026-11-23T09:00:00Z"}} for id_, text in posts
            ]
        },
    ),
    "facebook": lambda *posts: Response(
        status=200,
        body={
            "data": [{"id": id_, "message": text, "created_time": "2026-11-23T09:00:00+0000"} for id_, text in posts]
        },
    ),
    "linkedin": lambda *posts: Response(
        status=200,
        body={"elements": [{"id": id_, "commentary": text, "createdAt": 1795424400000} for id_, text in posts]},
    ),
}


@pytest.mark.parametrize("odd_text", ["\ud800", 5, {"a": 1}, ["Hello"]])
@pytest.mark.parametrize("network", sorted(LISTS))
def test_our_post_is_found_beside_one_that_cannot_be_read(network: str, odd_text: object) -> None:
    ours = GOOD[network][0]
    pages = [LISTS[network]((ours, "Hello"), ("\ud800", "a"), (ours[:-1] + "9", odd_text)), LISTS[network]()]
    sighting = seen(network, *pages, pages[0])
    found = read(sighting, sent=SentPost(text="Hello"), since=NOW, owners={}, ours="us")
    assert found.found is not None
    assert found.found.network_id == ours


@pytest.mark.parametrize("network", sorted(LISTS))
def test_a_post_that_cannot_be_read_keeps_a_look_from_being_clear(network: str) -> None:
    pages = [LISTS[network](("\ud800", "Something else")), LISTS[network]()]
    looked = read(seen(network, *pages, pages[0]), sent=SentPost(text="Hello"), since=NOW, owners={}, ours="us")
    assert not looked.clear
    assert looked.found is None
    assert "cannot be read" in looked.sentence


@given(odd)
def test_a_number_is_read_within_bounds_or_not_at_all(value: object) -> None:
    found = whole_number(value, most=1_000)
    assert found is None or (isinstance(found, int) and 0 <= found <= 1_000)


def test_numbers_are_read_as_they_are_meant() -> None:
    read_as = {one: whole_number(one, most=1_000) for one in ("90", " 90 ", "0090", "1.2", 5, 0.5, 10**30, "9" * 400)}
    assert list(read_as.values()) == [90, 90, 90, 2, 5, 1, 1_000, 1_000]
    assert [whole_number(one, most=9) for one in (True, -1, float("nan"), float("inf"), "٣", "1e3", "", None, [1])] == (
        [None] * 9
    )


@given(odd)
def test_a_moment_is_one_that_can_be_written_down_or_none(value: object) -> None:
    for reading in (moment_of, moment_of_milliseconds):
        try:
            found = reading(value)
        except ValueError:
            continue
        assert found.tzinfo is not None
        to_text(found + LONGEST_WAIT)
    if isinstance(value, str) and (dated := moment_of_header(value)) is not None:
        to_text(dated + LONGEST_WAIT)
