import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from omnipub.channels.answers import ASTRAY, LONGEST_WAIT
from omnipub.channels.networks.facebook.channel import Facebook
from omnipub.channels.networks.facebook.endpoint import VERSION
from omnipub.channels.networks.facebook.errors import REGAIN, TOO_FAST
from omnipub.channels.networks.facebook.posts import PAGES_AT_MOST, TOO_MANY
from omnipub.domain.conversation import Account, MediaPart, Occasion, Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.message import Content, MediaReference
from omnipub.domain.redaction import Redaction

TOKEN = "EAABsbCS1iHgBAKZCtoken0123456789"
PAGE = Account(id="1784", base_url=Facebook.base_url, token=Secret(TOKEN))
NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
SINCE = NOW.replace(microsecond=500_000)
BASE = f"https://graph.facebook.com/{VERSION}"
FACEBOOK = Facebook()

Converse = Callable[..., tuple[list[Request], Any]]


def now() -> datetime:
    return NOW


def graph_error(
    code: int, subcode: int = 0, *, status: int = 400, transient: bool = False, said: str = "words of Graph"
) -> Response:
    error = {"message": f"(#{code}) {said}", "code": code, "is_transient": transient, "fbtrace_id": "A1"}
    return Response(status=status, body={"error": error | ({"error_subcode": subcode} if subcode else {})})


def post_named(name: str) -> Response:
    return Response(status=200, body={"id": name, "permalink_url": f"https://www.facebook.com/p/{name}"})


def test_a_text_is_one_request_that_publishes(converse: Converse, occasion: Occasion) -> None:
    frozen = FACEBOOK.render(Content(text="Hello", hashtags=("aws",)), occasion)
    requests, outcome = converse(FACEBOOK.publish(frozen, PAGE, now), post_named("1784_1"))
    (request,) = requests
    assert (request.method, request.url) == ("POST", f"{BASE}/1784/feed?fields=id%2Cpermalink_url")
    assert request.json == {"published": True, "message": "Hello\n\n#aws"}
    assert request.publishes
    assert not request.user_given
    assert outcome == Outcome(
        ended=TryEnd.PUBLISHED, network_id="1784_1", permalink="https://www.facebook.com/p/1784_1"
    )


def test_the_token_travels_as_a_secret_header_and_nowhere_else(converse: Converse, occasion: Occasion) -> None:
    frozen = FACEBOOK.render(Content(text="Hello"), occasion)
    requests, _ = converse(FACEBOOK.publish(frozen, PAGE, now), post_named("1784_1"))
    assert requests[0].headers["Authorization"] == Secret(f"Bearer {TOKEN}")
    assert TOKEN not in repr(requests)
    assert TOKEN not in json.dumps(frozen)


def test_a_link_is_a_field_of_its_own(occasion: Occasion) -> None:
    frozen = FACEBOOK.render(Content(text="Read this", link="https://example.com/a"), occasion)
    assert frozen["post"] == {"published": True, "message": "Read this", "link": "https://example.com/a"}


def test_a_link_alone_needs_no_message(occasion: Occasion) -> None:
    frozen = FACEBOOK.render(Content(link="https://example.com/a"), occasion)
    assert frozen["post"] == {"published": True, "link": "https://example.com/a"}
    assert FACEBOOK.text_of(frozen) == ""


@pytest.mark.parametrize("count", [1, 2, 3])
def test_images_are_uploaded_unpublished_and_one_feed_post_shows_them(
    count: int, converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = FACEBOOK.render(Content(text="Look", media=pictures[:count]), occasion)
    photos = [Response(status=200, body={"id": f"18{number}"}) for number in range(count)]
    requests, outcome = converse(FACEBOOK.publish(frozen, PAGE, now), *photos, post_named("1784_2"))
    *uploads, post = requests
    for upload, picture in zip(uploads, pictures, strict=False):
        assert upload.url == f"{BASE}/1784/photos"
        described = {"alt_text_custom": picture.alt} if picture.alt else {}
        assert upload.form == {"published": "false"} | described
        assert upload.media == MediaPart(key=picture.key, content_type=picture.content_type, field="source")
    assert [request.publishes for request in requests] == [False] * count + [True]
    assert post.json["attached_media"] == [{"media_fbid": f"18{number}"} for number in range(count)]
    assert outcome.network_id == "1784_2"


def test_beside_images_the_link_stands_in_the_text(occasion: Occasion, pictures: tuple[MediaReference, ...]) -> None:
    content = Content(text="Look", link="https://example.com/a", media=pictures)
    frozen = FACEBOOK.render(content, occasion)
    assert frozen["post"] == {"published": True, "message": "Look\n\nhttps://example.com/a"}
    assert FACEBOOK.text(content) == frozen["post"]["message"]


def test_rendering_twice_gives_the_same_bytes(occasion: Occasion, pictures: tuple[MediaReference, ...]) -> None:
    content = Content(text="Look", hashtags=("aws",), link="https://example.com/a", media=pictures)
    assert json.dumps(FACEBOOK.render(content, occasion)) == json.dumps(FACEBOOK.render(content, occasion))


PROOF = "API calls from the server require an appsecret_proof argument"

ERRORS = [
    *[
        (graph_error(code), TryEnd.THROTTLED, TryEnd.THROTTLED)
        for code in (4, 17, 32, 341, 368, 613, 80000, 80006, 80008, 80014)
    ],
    (graph_error(32, transient=True), TryEnd.THROTTLED, TryEnd.THROTTLED),
    (graph_error(1390008), TryEnd.THROTTLED, TryEnd.THROTTLED),
    (Response(status=429, body="slow down"), TryEnd.THROTTLED, TryEnd.THROTTLED),
    *[(graph_error(190, subcode), TryEnd.AUTH, TryEnd.AUTH) for subcode in (0, 458, 460, 463, 467)],
    (graph_error(102, status=401), TryEnd.AUTH, TryEnd.AUTH),
    (graph_error(100, 1404078), TryEnd.AUTH, TryEnd.AUTH),
    *[(graph_error(code, status=403), TryEnd.AUTH, TryEnd.AUTH) for code in (3, 10, 200, 299)],
    (graph_error(100), TryEnd.REJECTED, TryEnd.REJECTED),
    (graph_error(368, 1346003), TryEnd.REJECTED, TryEnd.REJECTED),
    (graph_error(100, said=PROOF), TryEnd.AUTH, TryEnd.AUTH),
    *[(graph_error(100, code), TryEnd.REJECTED, TryEnd.REJECTED) for code in (1346003, 1404102, 1609008, 1366046)],
    (graph_error(4854002), TryEnd.REJECTED, TryEnd.REJECTED),
    (graph_error(506), TryEnd.ALREADY_THERE, TryEnd.ALREADY_THERE),
    (graph_error(100, 1366051), TryEnd.ALREADY_THERE, TryEnd.ALREADY_THERE),
    (graph_error(1, status=500), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (graph_error(2, status=500, transient=True), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (graph_error(368, transient=True), TryEnd.THROTTLED, TryEnd.THROTTLED),
    (graph_error(100, transient=True), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (graph_error(1609010), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (graph_error(987654), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=502, body="<html>"), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=302, body=""), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=400, body=["?"]), TryEnd.REJECTED, TryEnd.NOT_SENT),
    (Response(status=409, body=["?"]), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=200, body={}), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=200, body="null"), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
]


@pytest.mark.parametrize(("answer", "ended"), [(answer, published) for answer, published, _ in ERRORS])
def test_each_error_of_the_publishing_request_has_its_end(
    answer: Response, ended: TryEnd, converse: Converse, occasion: Occasion
) -> None:
    _, outcome = converse(FACEBOOK.publish(FACEBOOK.render(Content(text="Hi"), occasion), PAGE, now), answer)
    assert outcome.ended is ended
    assert outcome.code
    assert outcome.sentence
    assert (outcome.wait is not None) == (ended is TryEnd.THROTTLED)


@pytest.mark.parametrize(("answer", "ended"), [(answer, uploaded) for answer, _, uploaded in ERRORS])
def test_each_error_of_an_upload_ends_the_try_before_anything_is_out(
    answer: Response,
    ended: TryEnd,
    converse: Converse,
    occasion: Occasion,
    pictures: tuple[MediaReference, ...],
) -> None:
    frozen = FACEBOOK.render(Content(text="Hi", media=pictures), occasion)
    requests, outcome = converse(FACEBOOK.publish(frozen, PAGE, now), answer)
    assert outcome.ended is ended
    assert len(requests) == 1


def throttled(header: str) -> Response:
    return Response(status=400, headers={"x-business-use-case-usage": header}, body=graph_error(32).body)


@pytest.mark.parametrize(
    ("header", "wait"),
    [
        ('{"1784": [{"type": "pages", "estimated_time_to_regain_access": 17}]}', timedelta(minutes=17)),
        (
            '{"1": [{"estimated_time_to_regain_access": 3}], "2": [{"estimated_time_to_regain_access": 9}]}',
            timedelta(minutes=9),
        ),
        ('{"1784": [{"estimated_time_to_regain_access": 0}]}', REGAIN),
        ('{"1784": [{"estimated_time_to_regain_access": 999999999}]}', LONGEST_WAIT),
        ('{"1784": [{}]}', REGAIN),
        ("[]", REGAIN),
        ("not JSON", REGAIN),
    ],
)
def test_the_wait_is_what_graph_estimates_or_an_hour(
    header: str, wait: timedelta, converse: Converse, occasion: Occasion
) -> None:
    frozen = FACEBOOK.render(Content(text="Hi"), occasion)
    _, outcome = converse(FACEBOOK.publish(frozen, PAGE, now), throttled(header))
    assert outcome.wait == wait


def test_posting_too_fast_waits_for_hours(converse: Converse, occasion: Occasion) -> None:
    frozen = FACEBOOK.render(Content(text="Hi"), occasion)
    _, outcome = converse(FACEBOOK.publish(frozen, PAGE, now), graph_error(368, 1390008))
    assert outcome.wait == TOO_FAST


def test_a_sentence_never_repeats_the_token(converse: Converse, occasion: Occasion) -> None:
    frozen = FACEBOOK.render(Content(text="Hi"), occasion)
    for echo in (TOKEN, TOKEN[:12] + "…", f"access_token={TOKEN}&x=1", TOKEN[4:]):
        answer = Response(status=400, body={"error": {"code": 190, "message": f"Malformed access token {echo}"}})
        _, outcome = converse(FACEBOOK.publish(frozen, PAGE, now), answer)
        shown = Redaction(PAGE.secrets).outcome(outcome).sentence
        assert "Malformed access token" in shown
        assert not any(TOKEN[at : at + 8] in shown for at in range(len(TOKEN) - 8))


def listed(name: str, at: datetime, text: str = "Hi") -> dict[str, str]:
    return {"id": name, "message": text, "created_time": at.strftime("%Y-%m-%dT%H:%M:%S+0000")}


def page(*posts: dict[str, str], after: str = "") -> Response:
    paging = {"cursors": {"before": "b", "after": after or "end"}} | ({"next": "https://…"} if after else {})
    return Response(status=200, body={"data": list(posts), "paging": paging})


def test_a_look_reads_page_after_page_until_a_post_is_older(converse: Converse) -> None:
    young, old = SINCE + timedelta(seconds=30), SINCE - timedelta(minutes=1)
    requests, sighting = converse(
        FACEBOOK.look_up(PAGE, SINCE),
        page(listed("1784_3", young), listed("1784_2", young), after="c1"),
        page(listed("1784_1", old), after="c2"),
    )
    asked = [parse_qs(urlsplit(request.url).query) for request in requests]
    assert [query.get("after") for query in asked] == [None, ["c1"]]
    assert asked[0]["fields"] == ["id,message,created_time,permalink_url,attachments{type,url,unshimmed_url}"]
    assert not any(request.publishes for request in requests)
    assert [post.network_id for post in sighting.posts] == ["1784_3", "1784_2", "1784_1"]
    assert sighting.reaches_back_to == SINCE


def test_a_post_of_the_same_second_does_not_end_a_look(converse: Converse) -> None:
    requests, _ = converse(
        FACEBOOK.look_up(PAGE, SINCE), page(listed("1784_2", SINCE), after="c1"), page(listed("1784_1", SINCE))
    )
    assert len(requests) == 2


def test_an_empty_page_account_is_seen_to_its_beginning(converse: Converse) -> None:
    _, sighting = converse(FACEBOOK.look_up(PAGE, SINCE), Response(status=200, body={"data": []}))
    assert sighting.posts == ()
    assert sighting.reaches_back_to == SINCE


def test_a_look_at_more_posts_than_its_bound_says_so_and_proves_nothing(converse: Converse) -> None:
    pages = [
        page(listed(f"1784_{number}", NOW + timedelta(hours=1, seconds=-number)), after=f"more{number}")
        for number in range(PAGES_AT_MOST)
    ]
    _, sighting = converse(FACEBOOK.look_up(PAGE, SINCE), *pages)
    assert (sighting.reaches_back_to, sighting.doubt) == (None, TOO_MANY)
    assert len(sighting.posts) == PAGES_AT_MOST


def test_a_list_whose_next_page_is_the_same_page_proves_nothing(converse: Converse) -> None:
    again = page(listed("1784_1", NOW + timedelta(hours=1)), after="more")
    _, sighting = converse(FACEBOOK.look_up(PAGE, SINCE), again, again)
    assert (sighting.reaches_back_to, sighting.doubt) == (None, ASTRAY)


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("https://www.facebook.com/1784/posts/1", "https://www.facebook.com/1784/posts/1"),
        ("https://facebook.com/1784/posts/1", "https://facebook.com/1784/posts/1"),
        ("https://facebook.com.evil.example/1", "https://www.facebook.com/1784_1"),
        ("https://evilfacebook.com/1", "https://www.facebook.com/1784_1"),
        ("javascript:alert(1)//facebook.com", "https://www.facebook.com/1784_1"),
        ("https://me:pw@www.facebook.com/1", "https://www.facebook.com/1784_1"),
        ("https://www.facebook.com/\n", "https://www.facebook.com/1784_1"),
        ("https://www.facebook.com/" + "x" * 3_000, "https://www.facebook.com/1784_1"),
        ({"a": 1}, "https://www.facebook.com/1784_1"),
    ],
)
def test_a_post_is_shown_on_facebook_and_nowhere_else(
    said: object, shown: str, converse: Converse, occasion: Occasion
) -> None:
    frozen = FACEBOOK.render(Content(text="Hi"), occasion)
    answer = Response(status=200, body={"id": "1784_1", "permalink_url": said})
    _, outcome = converse(FACEBOOK.publish(frozen, PAGE, now), answer)
    assert outcome.permalink == shown


@pytest.mark.parametrize(
    ("attachments", "links"),
    [
        (
            [{"type": "share", "url": "https://l.facebook.com/l.php?u=x", "unshimmed_url": "https://e.com/a"}],
            ("https://e.com/a",),
        ),
        ([{"type": "share", "url": "https://e.com/a"}], ("https://e.com/a",)),
        ([{"type": "photo", "url": "https://www.facebook.com/photo/1"}], ()),
        ([], ()),
    ],
)
def test_the_links_of_a_posts_cards_are_seen(
    attachments: list[dict[str, str]], links: tuple[str, ...], converse: Converse
) -> None:
    seen = {"id": "1784_1", "created_time": "2026-11-23T09:00:10+0000", "attachments": {"data": attachments}}
    _, sighting = converse(FACEBOOK.look_up(PAGE, SINCE), page(seen))  # type: ignore[arg-type]
    assert sighting.posts[0].links == links


def test_posts_without_a_message_are_seen_too(converse: Converse) -> None:
    picture = {"id": "1784_1", "created_time": "2026-11-23T09:00:10+0000"}
    _, sighting = converse(FACEBOOK.look_up(PAGE, SINCE), page(picture))
    assert sighting.posts[0].text == ""


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (graph_error(190), TryEnd.AUTH),
        (graph_error(4), TryEnd.THROTTLED),
        (graph_error(2, status=500), TryEnd.NOT_SENT),
        (Response(status=200, body={"data": [{"id": "1784_1"}]}), TryEnd.NOT_SENT),
        (Response(status=200, body={"data": [{"id": "1", "created_time": "yesterday"}]}), TryEnd.NOT_SENT),
        (Response(status=200, body="<html>"), TryEnd.NOT_SENT),
    ],
)
def test_a_look_that_cannot_be_read_proves_nothing(answer: Response, ended: TryEnd, converse: Converse) -> None:
    _, sighting = converse(FACEBOOK.look_up(PAGE, SINCE), answer)
    assert sighting.failed.ended is ended
    assert sighting.reaches_back_to is None


def test_a_post_is_recognised_by_its_message(occasion: Occasion) -> None:
    frozen = FACEBOOK.render(Content(text="Hello", hashtags=("aws",)), occasion)
    assert FACEBOOK.text_of(frozen) == "Hello\n\n#aws"
    assert FACEBOOK.remedy("1784") is ReconcileMethod.LOOK_UP


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (Response(status=200, body={"success": True}), TryEnd.PUBLISHED),
        (Response(status=200, body={"success": False}), TryEnd.AMBIGUOUS),
        (graph_error(190), TryEnd.AUTH),
        (graph_error(100), TryEnd.REJECTED),
        (graph_error(2, status=500), TryEnd.AMBIGUOUS),
    ],
)
def test_deleting_ends_as_the_answer_says(answer: Response, ended: TryEnd, converse: Converse) -> None:
    requests, outcome = converse(FACEBOOK.delete("1784_1", PAGE), answer)
    assert (requests[0].method, requests[0].url) == ("DELETE", f"{BASE}/1784_1")
    assert "accept the post" not in outcome.sentence
    assert requests[0].publishes
    assert outcome.ended is ended


@pytest.mark.parametrize(
    ("shown", "ended", "code"),
    [
        (Response(status=200, body={"data": []}), TryEnd.PUBLISHED, "gone"),
        (graph_error(200), TryEnd.REJECTED, "100/33"),
        (graph_error(2, status=500), TryEnd.REJECTED, "100/33"),
    ],
)
def test_a_post_that_is_not_seen_is_gone_only_if_the_token_sees_the_page(
    shown: Response, ended: TryEnd, code: str, converse: Converse
) -> None:
    requests, outcome = converse(FACEBOOK.delete("1784_1", PAGE), graph_error(100, 33), shown)
    assert [(one.method, one.publishes) for one in requests] == [("DELETE", True), ("GET", False)]
    assert (outcome.ended, outcome.code) == (ended, code)
