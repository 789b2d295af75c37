import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from omnipub.channels.networks.linkedin.channel import LinkedIn
from omnipub.channels.networks.linkedin.endpoint import VERSION
from omnipub.channels.networks.linkedin.errors import THROTTLED_WAIT
from omnipub.channels.networks.linkedin.little_text import little_text, plain_text
from omnipub.domain.conversation import Account, MediaPart, Occasion, Request, Response, Secret
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.message import Content, MediaReference
from omnipub.sandbox.networks.linkedin import little_text as reader

TOKEN = "AQXdSP_W41_UPs5ioT_t8HESyODB4FqbkJ8LrV_5mff4gPODzOYR"
ORGANISATION = "urn:li:organization:5583111"
PERSON = "urn:li:person:8675309"
COMPANY = Account(id=ORGANISATION, base_url=LinkedIn.base_url, token=Secret(TOKEN))
SANDBOX = replace(COMPANY, base_url="http://127.0.0.1:4000/linkedin")
NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
SINCE = NOW
URN = "urn:li:share:7400000000000000001"
LINKEDIN = LinkedIn()
CREATED = Response(status=201, headers={"x-restli-id": URN}, body="")

Converse = Callable[..., tuple[list[Request], Any]]


def now() -> datetime:
    return NOW


def rest_error(status: int, code: str = "SOME_CODE", message: str = "words of LinkedIn") -> Response:
    return Response(status=status, body={"status": status, "code": code, "message": message})


def duplicate(message: str) -> Response:
    inputs = [{"code": "DUPLICATE_POST", "description": "Duplicate post is detected"}]
    return Response(status=422, body={"message": message, "errorDetails": {"inputErrors": inputs}, "status": 422})


@pytest.mark.parametrize(
    ("text", "little"),
    [
        ("Hello", "Hello"),
        ("Costs (50%) [more]", r"Costs \(50%\) \[more\]"),
        (r"a\b", r"a\\b"),
        ("<3 *you* ~ {x|y}", r"\<3 \*you\* \~ \{x\|y\}"),
        ("ask @Ada", r"ask \@Ada"),
        ("#aws rocks", r"{hashtag|\#|aws} rocks"),
        ("(#aws)", r"\({hashtag|\#|aws}\)"),
        ("#aws_user", r"{hashtag|\#|aws\_user}"),
        ("#über", r"{hashtag|\#|über}"),
        ("issue #12, C# and # alone", r"issue \#12, C\# and \# alone"),
        ("https://example.com/a_b#part", r"https://example.com/a\_b\#part"),
        ("https://example.com/#/route #aws", r"https://example.com/\#/route {hashtag|\#|aws}"),
    ],
)
def test_text_is_escaped_and_hashtags_are_marked_up(text: str, little: str) -> None:
    assert little_text(text) == little


@given(st.text() | st.text(alphabet="a_1#\\|{}@[]()<>*~ \n/:hashtagurnli"))
@example(r"{hashtag|\#|aws}")
@example("@[Ada](urn:li:person:1)")
@example("##a #a#b #a\\")
def test_what_is_escaped_reads_as_it_was_typed(text: str) -> None:
    assert plain_text(little_text(text)) == text


@given(st.text() | st.text(alphabet="a_1#\\|{}@[]()<>*~ \n/:hashtagurnli"))
def test_a_strict_reader_that_shares_no_code_reads_the_same(text: str) -> None:
    assert reader.plain(little_text(text)) == text


def test_what_others_wrote_is_read_with_mentions_and_either_form_of_hashtag() -> None:
    assert plain_text(r"Thanks @[Ada \(she\)](urn:li:person:1)! #plain {hashtag|\#|tag} {hashtag|#|two}") == (
        "Thanks Ada (she)! #plain #tag #two"
    )


def test_a_text_is_one_request_that_publishes(converse: Converse, occasion: Occasion) -> None:
    frozen = LINKEDIN.render(Content(text="Hello (all)", hashtags=("aws",)), occasion)
    requests, outcome = converse(LINKEDIN.publish(frozen, COMPANY, now), CREATED)
    (request,) = requests
    assert (request.method, request.url) == ("POST", "https://api.linkedin.com/rest/posts")
    assert request.headers == {
        "Authorization": Secret(f"Bearer {TOKEN}"),
        "Linkedin-Version": VERSION,
        "X-Restli-Protocol-Version": "2.0.0",
    }
    assert request.json == {
        "author": ORGANISATION,
        "commentary": "Hello \\(all\\)\n\n{hashtag|\\#|aws}",
        "visibility": "PUBLIC",
        "distribution": {"feedDistribution": "MAIN_FEED", "targetEntities": [], "thirdPartyDistributionChannels": []},
        "lifecycleState": "PUBLISHED",
        "isReshareDisabledByAuthor": False,
    }
    assert request.publishes
    assert outcome == Outcome(
        ended=TryEnd.PUBLISHED, network_id=URN, permalink=f"https://www.linkedin.com/feed/update/{URN}"
    )


def test_in_the_sandbox_the_permalink_leads_to_the_sandbox(converse: Converse, occasion: Occasion) -> None:
    frozen = LINKEDIN.render(Content(text="Hello"), occasion)
    _, outcome = converse(LINKEDIN.publish(frozen, SANDBOX, now), CREATED)
    assert outcome.permalink == ("http://127.0.0.1:4000/posts/linkedin/urn%3Ali%3Ashare%3A7400000000000000001")


@pytest.mark.parametrize(("title", "shown"), [("A title", "A title"), ("", "example.com"), ("  ", "example.com")])
def test_a_link_is_an_article_with_a_title(title: str, shown: str, occasion: Occasion) -> None:
    frozen = LINKEDIN.render(Content(link="https://example.com/a", link_title=title), occasion)
    assert frozen["post"]["content"] == {"article": {"source": "https://example.com/a", "title": shown}}


def upload_at(url: str, image: str = "urn:li:image:1") -> Response:
    return Response(status=200, body={"value": {"uploadUrl": url, "image": image, "uploadUrlExpiresAt": 1}})


TAKEN = Response(status=201, body="")


def test_one_image_is_uploaded_and_shown_as_media(
    converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = LINKEDIN.render(Content(text="Look", media=pictures[:1]), occasion)
    place = upload_at("https://www.linkedin.com/dms-uploads/x?a=1")
    requests, outcome = converse(LINKEDIN.publish(frozen, COMPANY, now), place, TAKEN, CREATED)
    begin, upload, post = requests
    assert begin.url == "https://api.linkedin.com/rest/images?action=initializeUpload"
    assert begin.json == {"initializeUploadRequest": {"owner": ORGANISATION}}
    assert (upload.method, upload.url) == ("PUT", "https://www.linkedin.com/dms-uploads/x?a=1")
    assert upload.media == MediaPart(key=pictures[0].key, content_type="image/png")
    assert post.json["content"] == {"media": {"id": "urn:li:image:1", "altText": "A rack of servers"}}
    assert [request.publishes for request in requests] == [False, False, True]
    assert outcome.ended is TryEnd.PUBLISHED


def test_several_images_are_a_multi_image_and_need_no_description(
    converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = LINKEDIN.render(Content(text="Look", media=pictures), occasion)
    script = [
        answer
        for number in range(3)
        for answer in (upload_at(f"https://u.linkedin.com/{number}", f"urn:li:image:{number}"), TAKEN)
    ]
    requests, _ = converse(LINKEDIN.publish(frozen, COMPANY, now), *script, CREATED)
    assert requests[-1].json["content"] == {
        "multiImage": {
            "images": [
                {"id": "urn:li:image:0", "altText": "A rack of servers"},
                {"id": "urn:li:image:1", "altText": 'Ada, waving "hello"'},
                {"id": "urn:li:image:2"},
            ]
        }
    }


def test_beside_images_the_link_stands_in_the_text(occasion: Occasion, pictures: tuple[MediaReference, ...]) -> None:
    content = Content(text="Look", link="https://example.com/a_b", media=pictures)
    frozen = LINKEDIN.render(content, occasion)
    assert "content" not in frozen["post"]
    assert frozen["post"]["commentary"] == "Look\n\nhttps://example.com/a\\_b"
    assert LINKEDIN.text(content) == LINKEDIN.text_of(frozen) == "Look\n\nhttps://example.com/a_b"


@pytest.mark.parametrize(
    ("url", "account", "carries_token"),
    [
        ("https://www.linkedin.com/dms-uploads/x", COMPANY, True),
        ("https://api.linkedin.com/dms-uploads/x", COMPANY, True),
        ("https://elsewhere.example/x", COMPANY, False),
        ("https://linkedin.com.elsewhere.example/x", COMPANY, False),
        ("http://127.0.0.1:4000/linkedin/dms-uploads/x", SANDBOX, True),
    ],
)
def test_the_token_goes_with_an_upload_to_linkedin_alone(
    url: str,
    account: Account,
    *,
    carries_token: bool,
    converse: Converse,
    occasion: Occasion,
    pictures: tuple[MediaReference, ...],
) -> None:
    frozen = LINKEDIN.render(Content(media=pictures[:1]), occasion)
    requests, _ = converse(LINKEDIN.publish(frozen, account, now), upload_at(url), TAKEN, CREATED)
    assert ("Authorization" in requests[1].headers) == carries_token
    assert requests[1].user_given != carries_token  # another host must be one that everybody may reach


@pytest.mark.parametrize(
    "answer",
    [
        upload_at("http://www.linkedin.com/plain"),
        upload_at("ftp://elsewhere.example/x"),
        upload_at("https://www.linkedin.com/x", ""),
        Response(status=200, body={"value": None}),
        Response(status=200, body=""),
    ],
)
def test_an_upload_place_that_makes_no_sense_ends_the_try_unsent(
    answer: Response, converse: Converse, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    frozen = LINKEDIN.render(Content(media=pictures), occasion)
    requests, outcome = converse(LINKEDIN.publish(frozen, COMPANY, now), answer)
    assert outcome.ended is TryEnd.NOT_SENT
    assert len(requests) == 1


ERRORS = [
    (rest_error(400, "ILLEGAL_ARGUMENT"), TryEnd.REJECTED, TryEnd.REJECTED),
    (rest_error(401, "EXPIRED_ACCESS_TOKEN"), TryEnd.AUTH, TryEnd.AUTH),
    (rest_error(403, "ACCESS_DENIED"), TryEnd.AUTH, TryEnd.AUTH),
    (rest_error(404, "NOT_FOUND"), TryEnd.REJECTED, TryEnd.REJECTED),
    (rest_error(422), TryEnd.REJECTED, TryEnd.REJECTED),
    (rest_error(426, "NONEXISTENT_VERSION"), TryEnd.THROTTLED, TryEnd.THROTTLED),
    (rest_error(429, "TOO_MANY_REQUESTS"), TryEnd.THROTTLED, TryEnd.THROTTLED),
    (rest_error(500), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (rest_error(503), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=504, body="<html>"), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=451, body=None), TryEnd.REJECTED, TryEnd.NOT_SENT),
    (Response(status=409, body=None), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
    (Response(status=302, body=""), TryEnd.AMBIGUOUS, TryEnd.NOT_SENT),
]


@pytest.mark.parametrize(("answer", "ended"), [(answer, published) for answer, published, _ in ERRORS])
def test_each_error_of_the_publishing_request_has_its_end(
    answer: Response, ended: TryEnd, converse: Converse, occasion: Occasion
) -> None:
    _, outcome = converse(LINKEDIN.publish(LINKEDIN.render(Content(text="Hi"), occasion), COMPANY, now), answer)
    assert outcome.ended is ended
    assert outcome.code
    assert outcome.sentence
    assert outcome.wait == (THROTTLED_WAIT if ended is TryEnd.THROTTLED else None)


@pytest.mark.parametrize(("answer", "ended"), [(answer, uploaded) for answer, _, uploaded in ERRORS])
@pytest.mark.parametrize("place", [(), (upload_at("https://www.linkedin.com/x"),)], ids=["begin", "bytes"])
def test_each_error_of_an_upload_ends_the_try_before_anything_is_out(
    place: tuple[Response, ...],
    answer: Response,
    ended: TryEnd,
    converse: Converse,
    occasion: Occasion,
    pictures: tuple[MediaReference, ...],
) -> None:
    frozen = LINKEDIN.render(Content(text="Hi", media=pictures), occasion)
    _, outcome = converse(LINKEDIN.publish(frozen, COMPANY, now), *place, answer)
    assert outcome.ended is ended


def test_a_success_without_an_id_is_ambiguous(converse: Converse, occasion: Occasion) -> None:
    frozen = LINKEDIN.render(Content(text="Hi"), occasion)
    _, outcome = converse(LINKEDIN.publish(frozen, COMPANY, now), Response(status=201, body=""))
    assert outcome.ended is TryEnd.AMBIGUOUS


@pytest.mark.parametrize(
    ("message", "urn"),
    [
        (f"Content is a duplicate of {URN}", URN),
        ("com.linkedin.x: Content is a duplicate of urn:li:ugcPost:77, sorry", "urn:li:ugcPost:77"),
        ("Duplicate post is detected", ""),
    ],
)
def test_a_duplicate_names_the_earlier_post(message: str, urn: str, converse: Converse, occasion: Occasion) -> None:
    frozen = LINKEDIN.render(Content(text="Hi"), occasion)
    _, outcome = converse(LINKEDIN.publish(frozen, COMPANY, now), duplicate(message))
    assert outcome.ended is TryEnd.ALREADY_THERE
    assert outcome.network_id == urn
    assert outcome.permalink == (f"https://www.linkedin.com/feed/update/{urn}" if urn else "")


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (rest_error(401), TryEnd.AUTH),
        (rest_error(403), TryEnd.REJECTED),
        (rest_error(429), TryEnd.THROTTLED),
        (rest_error(500), TryEnd.NOT_SENT),
        (Response(status=200, body={"elements": [{"id": "urn:li:share:1"}]}), TryEnd.NOT_SENT),
        (Response(status=200, body={"elements": [{"id": "x", "createdAt": -1}]}), TryEnd.NOT_SENT),
        (Response(status=200, body="<html>"), TryEnd.NOT_SENT),
    ],
)
def test_a_look_that_cannot_be_read_proves_nothing(answer: Response, ended: TryEnd, converse: Converse) -> None:
    _, sighting = converse(LINKEDIN.look_up(COMPANY, SINCE), answer)
    assert sighting.failed.ended is ended
    assert sighting.reaches_back_to is None


def test_only_an_organisations_posts_can_be_looked_up() -> None:
    assert LINKEDIN.remedy(ORGANISATION) is ReconcileMethod.LOOK_UP
    assert LINKEDIN.remedy(PERSON) is ReconcileMethod.NONE


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (Response(status=204), TryEnd.PUBLISHED),
        (rest_error(404), TryEnd.PUBLISHED),
        (rest_error(403), TryEnd.REJECTED),
        (rest_error(400), TryEnd.REJECTED),
        (rest_error(401), TryEnd.AUTH),
        (rest_error(500), TryEnd.AMBIGUOUS),
    ],
)
def test_deleting_ends_as_the_answer_says(answer: Response, ended: TryEnd, converse: Converse) -> None:
    requests, outcome = converse(LINKEDIN.delete(URN, COMPANY), answer)
    (request,) = requests
    assert request.url == "https://api.linkedin.com/rest/posts/urn%3Ali%3Ashare%3A7400000000000000001"
    assert request.headers["X-RestLi-Method"] == "DELETE"
    assert outcome.ended is ended
    assert (outcome.code == "gone") == (answer.status == 404)
    assert "accept the post" not in outcome.sentence


def test_rendering_twice_gives_the_same_bytes(occasion: Occasion, pictures: tuple[MediaReference, ...]) -> None:
    content = Content(text="Look (here)", hashtags=("aws",), link="https://example.com/a", media=pictures)
    assert json.dumps(LINKEDIN.render(content, occasion)) == json.dumps(LINKEDIN.render(content, occasion))
    assert TOKEN not in json.dumps(LINKEDIN.render(content, occasion))


def test_the_limit_counts_what_people_read() -> None:
    content = Content(text="(" * 3_000)
    assert len(LINKEDIN.text(content)) == 3_000
