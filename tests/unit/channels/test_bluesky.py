import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omnipub.channels.answers import SHORTEST_WAIT
from omnipub.channels.networks.bluesky.channel import Bluesky
from omnipub.channels.networks.bluesky.endpoint import POSTS
from omnipub.channels.networks.bluesky.errors import REGAIN
from omnipub.channels.networks.bluesky.facets import facets
from omnipub.channels.networks.bluesky.listing import PAGES_AT_MOST
from omnipub.channels.networks.bluesky.record_key import record_key
from omnipub.channels.networks.bluesky.sessions import SESSION_LASTS
from omnipub.domain.conversation import Account, MediaPart, Occasion, Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.limits import COUNTERS, Unit
from omnipub.domain.message import Content, MediaReference
from omnipub.services.channels.validate import objections

PASSWORD = "abcd-efgh-ijkl-mnop"
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
ACCOUNT = Account(id=DID, base_url=Bluesky.base_url, token=Secret(PASSWORD))
SANDBOX = replace(ACCOUNT, base_url="http://127.0.0.1:4000/bluesky")
NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
SESSION = Response(status=200, body={"accessJwt": "jwt-1", "refreshJwt": "refresh", "did": DID})
AGAIN = Response(status=200, body={"accessJwt": "jwt-2", "refreshJwt": "refresh", "did": DID})
URI = f"at://{DID}/{POSTS}/3m2qrrgw222xy"
DONE = Response(status=200, body={"uri": URI, "cid": "bafy1", "commit": {"cid": "bafy2", "rev": "3m2"}})
TID = r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}"

Converse = Callable[..., tuple[list[Request], Any]]


@pytest.fixture
def bluesky() -> Bluesky:
    """With no session open."""
    return Bluesky()


def now() -> datetime:
    return NOW


def xrpc_error(status: int, name: str = "SomeError", message: str = "words of Bluesky") -> Response:
    return Response(status=status, body={"error": name, "message": message})


def methods(requests: list[Request]) -> list[str]:
    return [urlsplit(request.url).path.rpartition(".")[2] for request in requests]


def record_of(frozen: Any) -> Any:
    return json.loads(frozen["record"])


# --- The record


def test_a_text_is_put_under_our_key_and_never_over_another_record(
    bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Grüße", hashtags=("aws",)), occasion)
    requests, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, DONE)
    _, put = requests
    assert (put.method, put.url) == ("POST", "https://bsky.social/xrpc/com.atproto.repo.putRecord")
    assert put.headers == {"Authorization": Secret("Bearer jwt-1")}
    assert put.json == {
        "repo": DID,
        "collection": POSTS,
        "rkey": record_key(occasion),
        "swapRecord": None,
        "record": {
            "$type": POSTS,
            "text": "Grüße\n\n#aws",
            "createdAt": "2026-11-23T09:00:00.000Z",
            "facets": [
                {
                    "index": {"byteStart": 9, "byteEnd": 13},
                    "features": [{"$type": "app.bsky.richtext.facet#tag", "tag": "aws"}],
                }
            ],
        },
    }
    assert [request.publishes for request in requests] == [False, True]
    assert outcome == Outcome(
        ended=TryEnd.PUBLISHED, network_id=URI, permalink=f"https://bsky.app/profile/{DID}/post/3m2qrrgw222xy"
    )


def test_a_put_that_changed_nothing_is_published_all_the_same(
    bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    there_already = Response(status=200, body={"uri": URI, "cid": "bafy1"})
    _, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, there_already)
    assert (outcome.ended, outcome.network_id) == (TryEnd.PUBLISHED, URI)


def test_in_the_sandbox_the_permalink_leads_to_the_sandbox(
    bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    _, outcome = converse(bluesky.publish(frozen, SANDBOX, now), SESSION, DONE)
    assert outcome.permalink == (
        "http://127.0.0.1:4000/posts/bluesky/"
        "at%3A%2F%2Fdid%3Aplc%3Aewvi7nxzyoun6zhxrhs64oiz%2Fapp.bsky.feed.post%2F3m2qrrgw222xy"
    )


def test_on_a_data_server_of_ones_own_the_permalink_leads_to_bluesky(
    bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    own = replace(ACCOUNT, id="ada.example.com", base_url="https://pds.example.com")
    frozen = bluesky.render(Content(text="Hello"), occasion)
    _, outcome = converse(bluesky.publish(frozen, own, now), SESSION, DONE)
    assert outcome.permalink == f"https://bsky.app/profile/{DID}/post/3m2qrrgw222xy"


@pytest.mark.parametrize(("title", "shown"), [("A title", "A title"), ("", "example.com"), ("  ", "example.com")])
def test_a_link_is_a_card_with_a_title(title: str, shown: str, bluesky: Bluesky, occasion: Occasion) -> None:
    frozen = bluesky.render(Content(link="https://example.com/a", link_title=title), occasion)
    record = record_of(frozen)
    assert record["text"] == ""
    assert record["embed"] == {
        "$type": "app.bsky.embed.external",
        "external": {"uri": "https://example.com/a", "title": shown, "description": ""},
    }


def blob(number: int) -> dict[str, Any]:
    return {"$type": "blob", "ref": {"$link": f"bafkrei{number}"}, "mimeType": "image/png", "size": 1_000}


def test_images_are_uploaded_and_stand_in_the_record_with_their_descriptions(
    bluesky: Bluesky, converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    content = Content(text="Look", media=pictures, link="https://example.com/a")
    frozen = bluesky.render(content, occasion)
    blobs = [Response(status=200, body={"blob": blob(number)}) for number in range(3)]
    requests, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, *blobs, DONE)
    assert methods(requests) == ["createSession", "uploadBlob", "uploadBlob", "uploadBlob", "putRecord"]
    assert requests[1].media == MediaPart(key=pictures[0].key, content_type="image/png")
    assert [request.publishes for request in requests] == [False, False, False, False, True]
    record = requests[-1].json["record"]
    assert record["embed"] == {
        "$type": "app.bsky.embed.images",
        "images": [
            {"alt": "A rack of servers", "image": blob(0)},
            {"alt": 'Ada, waving "hello"', "image": blob(1)},
            {"alt": "", "image": blob(2)},
        ],
    }
    assert record["text"] == bluesky.text(content) == "Look\n\nhttps://example.com/a"
    assert record["facets"][0]["features"][0]["uri"] == "https://example.com/a"
    assert outcome.ended is TryEnd.PUBLISHED


def test_a_second_try_puts_the_same_bytes(
    bluesky: Bluesky, converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = bluesky.render(Content(text="Look", media=pictures[:1]), occasion)
    taken = Response(status=200, body={"blob": blob(0)})
    first, _ = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, taken, xrpc_error(500))
    later = NOW + timedelta(hours=3)
    second, _ = converse(bluesky.publish(frozen, ACCOUNT, lambda: later), SESSION, taken, DONE)
    assert json.dumps(first[-1].json) == json.dumps(second[-1].json)


def test_rendering_twice_gives_the_same_bytes(
    bluesky: Bluesky, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    content = Content(text="Look #here", hashtags=("aws",), link="https://example.com/a", media=pictures)
    assert json.dumps(bluesky.render(content, occasion)) == json.dumps(Bluesky().render(content, occasion))


# --- Facets


def marked(text: str, link: str = "") -> list[tuple[str, str]]:
    """What each facet covers, read by its bytes, and where it leads."""
    raw = text.encode()
    return [
        (
            raw[facet["index"]["byteStart"] : facet["index"]["byteEnd"]].decode(),
            facet["features"][0].get("uri") or facet["features"][0]["tag"],
        )
        for facet in facets(text, link)
    ]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Hello", []),
        ("#aws rocks", [("#aws", "aws")]),
        ("Grüße 🎉 #über, (#aws) and #c3po!", [("#über", "über"), ("#aws", "aws"), ("#c3po", "c3po")]),
        ("#हिन्दी", [("#हिन्दी", "हिन्दी")]),
        ("#two-words- and #aws_user", [("#two-words", "two-words"), ("#aws_user", "aws_user")]),
        ("#a#b c#d &#35; /#e # ## #1 #_", [("#a", "a")]),
        ("#" + "x" * 64, [("#" + "x" * 64, "x" * 64)]),
        ("#" + "x" * 65, []),
        ("See https://example.com/a_b?c=d#part.", [("https://example.com/a_b?c=d#part",) * 2]),
        ("(https://example.com/a_(b))", [("https://example.com/a_(b)",) * 2]),
        ("„https://example.com“, HTTP://X.de/!", [("https://example.com",) * 2, ("HTTP://X.de/",) * 2]),
        ("https://example.com/#/route #aws", [("https://example.com/#/route",) * 2, ("#aws", "aws")]),
        ("https:// and https://. and http:/x", []),
    ],
)
def test_addresses_and_hashtags_can_be_clicked(text: str, found: list[tuple[str, str]]) -> None:
    assert marked(text) == found


def test_a_link_that_is_known_is_marked_to_its_last_character() -> None:
    link = "https://example.com/What?!."
    assert marked(f"Read:\n\n{link}", link) == [(link, link)]
    assert marked(f"Read:\n\n{link}") == [("https://example.com/What",) * 2]


@given(
    st.text()
    | st.text(alphabet="a1# \n.,()_-é🎉ß")
    | st.lists(st.sampled_from(["#tag", "https://é.example/a", "🎉", " ", "(", ").", "ß", "#", "http://x_"])).map(
        "".join
    ),
    st.sampled_from(["", "https://é.example/a", "http://x_"]),
)
@example("\r\n#a\u0301 \ufeffhttps://\u0301", "")
def test_every_facet_covers_exactly_its_text_and_none_reaches_into_another(text: str, link: str) -> None:
    for covered, target in marked(text, link):
        assert covered in (target, f"#{target}")
        assert not any(mark.isspace() for mark in covered)
    edges = [edge for facet in facets(text, link) for edge in facet["index"].values()]
    assert edges == sorted(edges)
    assert all(covered for covered, _ in marked(text, link))


# --- The key


@given(
    st.text(min_size=1),
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2200, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_a_key_is_always_a_tid_of_the_due_moment_and_the_same_for_the_same_delivery(key: str, due_at: datetime) -> None:
    occasion = Occasion(delivery_key=key, due_at=due_at)
    made = record_key(occasion)
    assert len(made) == 13
    assert made[0] in "234567abcdefghij"
    assert made == record_key(Occasion(delivery_key=key, due_at=due_at))
    number = 0
    for letter in made:
        number = number * 32 + "234567abcdefghijklmnopqrstuvwxyz".index(letter)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=number >> 10)
    assert timedelta(0) <= due_at - moment < timedelta(minutes=1)


def test_deliveries_of_the_same_moment_have_keys_of_their_own(occasion: Occasion) -> None:
    keys = {record_key(replace(occasion, delivery_key=f"MSG#{number}/CHANNEL#bluesky")) for number in range(5_000)}
    assert len(keys) == 5_000


def test_an_edit_keeps_the_key_so_that_it_cannot_stand_beside_what_it_replaces(
    bluesky: Bluesky, occasion: Occasion
) -> None:
    first, second = (bluesky.render(Content(text=text), occasion) for text in ("Helo", "Hello"))
    assert first["rkey"] == second["rkey"]
    assert first["record"] != second["record"]


# --- Sessions


def test_a_session_serves_many_posts(bluesky: Bluesky, converse: Converse, occasion: Occasion) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    first, _ = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, DONE)
    assert first[0].json == {"identifier": DID, "password": PASSWORD}
    second, _ = converse(bluesky.publish(frozen, ACCOUNT, now), DONE)
    assert methods(second) == ["putRecord"]
    assert second[0].headers == {"Authorization": Secret("Bearer jwt-1")}
    last = NOW + SESSION_LASTS
    third, _ = converse(bluesky.publish(frozen, ACCOUNT, lambda: last), AGAIN, DONE)
    assert methods(third) == ["createSession", "putRecord"]


@pytest.mark.parametrize(
    "other",
    [
        replace(ACCOUNT, token=Secret("wxyz-wxyz-wxyz-wxyz")),
        replace(ACCOUNT, id="did:plc:other"),
        replace(ACCOUNT, base_url="https://pds.example.com"),
    ],
)
def test_a_session_is_for_its_account_and_password_alone(
    other: Account, bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, DONE)
    requests, outcome = converse(
        bluesky.publish(frozen, other, now), xrpc_error(401, "AuthenticationRequired", "Invalid password")
    )
    assert methods(requests) == ["createSession"]
    assert outcome.ended is TryEnd.AUTH


@pytest.mark.parametrize(
    "over",
    [xrpc_error(400, "ExpiredToken"), xrpc_error(400, "InvalidToken"), xrpc_error(401, "AuthMissing")],
    ids=lambda answer: answer.body["error"],
)
def test_a_session_that_is_over_is_opened_again_once(
    over: Response, bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, DONE)
    requests, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), over, AGAIN, DONE)
    assert methods(requests) == ["putRecord", "createSession", "putRecord"]
    assert requests[0].json == requests[2].json
    assert requests[2].headers == {"Authorization": Secret("Bearer jwt-2")}
    assert outcome.ended is TryEnd.PUBLISHED
    requests, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), over, SESSION, over)
    assert methods(requests) == ["putRecord", "createSession", "putRecord"]
    assert outcome.ended is TryEnd.AUTH


def test_a_session_that_ends_between_images_does_not_upload_them_again(
    bluesky: Bluesky, converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = bluesky.render(Content(media=pictures[:2]), occasion)
    taken = [Response(status=200, body={"blob": blob(number)}) for number in range(2)]
    over = xrpc_error(400, "ExpiredToken")
    requests, _ = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, taken[0], over, AGAIN, taken[1], DONE)
    assert methods(requests)[1:] == ["uploadBlob", "uploadBlob", "createSession", "uploadBlob", "putRecord"]
    assert requests[1].media != requests[2].media == requests[4].media


LOGINS = [
    (xrpc_error(401, "AuthenticationRequired"), TryEnd.AUTH),
    (xrpc_error(401, "AuthFactorTokenRequired"), TryEnd.AUTH),
    (xrpc_error(401, "AccountTakedown"), TryEnd.AUTH),
    (xrpc_error(429, "RateLimitExceeded"), TryEnd.THROTTLED),
    (xrpc_error(400, "InvalidRequest"), TryEnd.AUTH),
    (xrpc_error(500, "InternalServerError"), TryEnd.NOT_SENT),
    (Response(status=502, body="<html>"), TryEnd.NOT_SENT),
    (Response(status=200, body={"did": DID}), TryEnd.NOT_SENT),
    (Response(status=200, body=""), TryEnd.NOT_SENT),
]


@pytest.mark.parametrize(("answer", "ended"), LOGINS)
def test_without_a_session_nothing_is_sent(
    answer: Response, ended: TryEnd, bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    requests, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), answer)
    assert methods(requests) == ["createSession"]
    assert outcome.ended is ended


def test_many_threads_may_use_sessions_at_once(bluesky: Bluesky, occasion: Occasion) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    outcomes = []

    def publish(number: int) -> None:
        account = replace(ACCOUNT, id=f"did:plc:{number % 3}")
        for _ in range(20):
            conversation = bluesky.publish(frozen, account, now)
            request = next(conversation)
            try:
                if request.url.endswith("createSession"):
                    conversation.send(SESSION)
                conversation.send(xrpc_error(400, "ExpiredToken"))
                conversation.send(AGAIN)
                conversation.send(DONE)
                next(conversation)
            except StopIteration as end:
                outcomes.append(end.value.ended)

    threads = [Thread(target=publish, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes == [TryEnd.PUBLISHED] * 160


# --- Answers


ERRORS = [
    (xrpc_error(400, "InvalidRequest"), TryEnd.REJECTED, TryEnd.REJECTED),
    (xrpc_error(400, "SomethingNew"), TryEnd.REJECTED, TryEnd.REJECTED),
    (xrpc_error(400, "BlobNotFound"), TryEnd.REJECTED, TryEnd.REJECTED),
    (xrpc_error(400, "InvalidMimeType"), TryEnd.REJECTED, TryEnd.REJECTED),
    (xrpc_error(401, "AuthenticationRequired"), TryEnd.AUTH, TryEnd.AUTH),
    (xrpc_error(401, "AccountTakedown"), TryEnd.AUTH, TryEnd.AUTH),
    (Response(status=401, body=""), TryEnd.AUTH, TryEnd.AUTH),
    (xrpc_error(413, "PayloadTooLarge"), TryEnd.REJECTED, TryEnd.REJECTED),
    (xrpc_error(429, "RateLimitExceeded"), TryEnd.THROTTLED, TryEnd.THROTTLED),
    (Response(status=429, body="slow down"), TryEnd.THROTTLED, TryEnd.THROTTLED),
    (xrpc_error(500, "InternalServerError"), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (xrpc_error(502, "UpstreamFailure"), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=503, body="<html>"), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (xrpc_error(401, "AccountDeactivated"), TryEnd.AUTH, TryEnd.AUTH),
    (Response(status=404, body=None), TryEnd.REJECTED, TryEnd.NOT_SENT),
    (Response(status=408, body=None), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=302, body=""), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=200, body=""), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=200, body={"uri": "at://elsewhere", "blob": "x"}), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
]


@pytest.mark.parametrize(("answer", "ended"), [(answer, put) for answer, put, _ in ERRORS])
def test_each_error_of_a_put_has_its_end(
    answer: Response, ended: TryEnd, bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hi"), occasion)
    _, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, answer)
    assert outcome.ended is ended
    assert outcome.code
    assert outcome.sentence
    assert outcome.wait == (REGAIN if ended is TryEnd.THROTTLED else None)


@pytest.mark.parametrize(("answer", "ended"), [(answer, uploaded) for answer, _, uploaded in ERRORS])
def test_each_error_of_an_upload_ends_the_try_before_anything_is_out(
    answer: Response,
    ended: TryEnd,
    bluesky: Bluesky,
    converse: Converse,
    occasion: Occasion,
    pictures: tuple[MediaReference, ...],
) -> None:
    frozen = bluesky.render(Content(text="Hi", media=pictures), occasion)
    requests, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, answer)
    assert outcome.ended is ended
    assert len(requests) == 2


def test_another_record_under_our_key_is_already_there(
    bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hi"), occasion)
    swap = xrpc_error(400, "InvalidSwap", "Record was at bafyreiabc")
    _, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, swap)
    assert (outcome.ended, outcome.code, outcome.network_id) == (TryEnd.ALREADY_THERE, "InvalidSwap", "")
    assert "bafyreiabc" in outcome.sentence


RESET = str(int((NOW + timedelta(minutes=12)).timestamp()))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, REGAIN),
        ({"retry-after": "120", "ratelimit-reset": RESET}, timedelta(minutes=2)),
        ({"ratelimit-reset": RESET}, timedelta(minutes=12)),
        ({"ratelimit-reset": "1"}, SHORTEST_WAIT),
        ({"ratelimit-reset": "99999999999"}, timedelta(days=30)),
        ({"ratelimit-reset": "soon"}, REGAIN),
    ],
)
def test_throttling_says_when_to_come_back(
    headers: dict[str, str], wait: timedelta, bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hi"), occasion)
    answer = replace(xrpc_error(429, "RateLimitExceeded"), headers=headers)
    _, outcome = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, answer)
    assert outcome.wait == wait


def test_neither_password_nor_session_is_in_what_is_frozen_or_shown(
    bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    requests, _ = converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, xrpc_error(400, "InvalidRequest"))
    shown = json.dumps(frozen) + repr(requests)
    assert PASSWORD not in shown
    assert "jwt-1" not in shown


# --- Looking and deleting


def listed(*keys: int, text: str = "Hi", created: str = "2026-11-23T09:00:00Z", cursor: str = "") -> Response:
    records = [
        {"uri": f"at://{DID}/{POSTS}/{key}", "cid": "c", "value": {"text": text, "createdAt": created}} for key in keys
    ]
    return Response(status=200, body={"records": records} | ({"cursor": cursor} if cursor else {}))


def test_a_look_needs_no_session_and_turns_pages(bluesky: Bluesky, converse: Converse) -> None:
    since = NOW - timedelta(hours=1)
    requests, sighting = converse(bluesky.look_up(ACCOUNT, since), listed(3, 2, cursor="2"), listed())
    asked = [parse_qs(urlsplit(request.url).query) for request in requests]
    assert asked == [
        {"repo": [DID], "collection": [POSTS], "limit": ["100"]},
        {"repo": [DID], "collection": [POSTS], "limit": ["100"], "cursor": ["2"]},
    ]
    assert all(not request.headers and not request.publishes for request in requests)
    assert [post.network_id.rpartition("/")[2] for post in sighting.posts] == ["3", "2"]
    assert sighting.posts[0].created_at == datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
    assert sighting.reaches_back_to == since


def test_a_look_that_did_not_see_the_first_post_proves_nothing(bluesky: Bluesky, converse: Converse) -> None:
    _, old = converse(bluesky.look_up(ACCOUNT, NOW), listed(1, cursor="1"))
    pages = [listed(9 - number, cursor=str(number)) for number in range(PAGES_AT_MOST)]
    _, long = converse(bluesky.look_up(ACCOUNT, NOW - timedelta(hours=1)), *pages)
    assert (len(old.posts), old.reaches_back_to, old.failed) == (1, None, None)
    assert (len(long.posts), long.reaches_back_to, long.failed) == (PAGES_AT_MOST, None, None)


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (xrpc_error(400, "InvalidRequest"), TryEnd.REJECTED),
        (xrpc_error(429, "RateLimitExceeded"), TryEnd.THROTTLED),
        (xrpc_error(500), TryEnd.NOT_SENT),
        (listed(1, created="yesterday"), TryEnd.NOT_SENT),
        (Response(status=200, body={"records": [{"uri": "x"}]}), TryEnd.NOT_SENT),
        (Response(status=200, body="<html>"), TryEnd.NOT_SENT),
    ],
)
def test_a_look_that_cannot_be_read_proves_nothing(
    answer: Response, ended: TryEnd, bluesky: Bluesky, converse: Converse
) -> None:
    _, sighting = converse(bluesky.look_up(ACCOUNT, NOW), answer)
    assert sighting.failed.ended is ended
    assert sighting.reaches_back_to is None


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (Response(status=200, body={"commit": {}}), TryEnd.PUBLISHED),
        (Response(status=200, body={}), TryEnd.PUBLISHED),
        (xrpc_error(400, "InvalidRequest"), TryEnd.REJECTED),
        (xrpc_error(401, "AuthenticationRequired"), TryEnd.AUTH),
        (xrpc_error(500), TryEnd.AMBIGUOUS),
    ],
)
def test_deleting_ends_as_the_answer_says(
    answer: Response, ended: TryEnd, bluesky: Bluesky, converse: Converse
) -> None:
    requests, outcome = converse(bluesky.delete(URI, ACCOUNT), SESSION, answer)
    assert methods(requests) == ["createSession", "deleteRecord"]
    assert requests[1].json == {"repo": DID, "collection": POSTS, "rkey": "3m2qrrgw222xy"}
    assert requests[1].publishes
    assert outcome.ended is ended
    assert (outcome.code == "gone") == (answer.body == {})
    assert "accept the post" not in outcome.sentence


def test_deleting_uses_a_session_of_any_age_and_finds_out_that_it_is_over(
    bluesky: Bluesky, converse: Converse, occasion: Occasion
) -> None:
    frozen = bluesky.render(Content(text="Hello"), occasion)
    converse(bluesky.publish(frozen, ACCOUNT, now), SESSION, DONE)
    over = xrpc_error(400, "ExpiredToken")
    requests, outcome = converse(bluesky.delete(URI, ACCOUNT), over, AGAIN, Response(status=200, body={}))
    assert methods(requests) == ["deleteRecord", "createSession", "deleteRecord"]
    assert outcome.ended is TryEnd.PUBLISHED


# --- Limits


def test_a_missing_answer_is_found_out_by_the_same_put() -> None:
    assert Bluesky().remedy(DID) is ReconcileMethod.RESEND


FAMILY = "👨‍👩‍👧‍👦"  # 25 bytes


@pytest.mark.parametrize(
    ("text", "graphemes"),
    [("", 0), ("a\r\nb\n", 4), ("e\u0301", 1), (FAMILY * 3, 3), ("🇩🇪🇫🇷", 2), ("नमस्ते", 3), ("äöü", 3)],
)
def test_graphemes_are_what_readers_count(text: str, graphemes: int) -> None:
    assert COUNTERS[Unit.GRAPHEMES](text) == graphemes


@given(st.text(alphabet=st.characters(max_codepoint=127)))
def test_the_short_way_for_ascii_counts_like_the_long_one(text: str) -> None:
    assert COUNTERS[Unit.GRAPHEMES](text) == COUNTERS[Unit.GRAPHEMES](text + " ü") - 2


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("x" * 300, []),
        ("x" * 301, ["Bluesky: The text has 301 graphemes; at most 300 are allowed."]),
        (FAMILY * 120, []),
        (FAMILY * 121, ["Bluesky: The text has 3,025 bytes; at most 3,000 are allowed."]),
    ],
)
def test_both_bounds_of_a_text_hold(text: str, broken: list[str]) -> None:
    assert objections(Content(text=text), Bluesky()) == broken
