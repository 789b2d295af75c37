"""LinkedIn's dialect (publish, lookup, limits, errors)."""

from urllib.parse import quote

import pytest

from integration.sandbox.driver import LINKEDIN_HEADERS, PNG, Author

ARTICLE = {"source": "https://example.org/a", "title": "A title"}


def test_a_post_is_named_in_a_header_and_the_body_is_empty(organisation: Author) -> None:
    reply = organisation.publish("Grüße 🌍")
    assert (reply.status, reply.body) == (201, b"")
    assert reply.headers["x-restli-id"].startswith("urn:li:share:")
    assert organisation.sandbox.posts()[0]["id"] == reply.headers["x-restli-id"]


def test_escapes_are_for_the_wire_and_readers_see_none(organisation: Author) -> None:
    organisation.publish(r"a \(b\) {hashtag|\#|c} @[Ann](urn:li:organization:1)")
    assert organisation.sandbox.posts()[0]["text"] == "a (b) #c Ann"


def test_an_article_carries_the_link(organisation: Author) -> None:
    assert organisation.post(organisation.body("look", content={"article": ARTICLE})).status == 201
    assert organisation.sandbox.posts()[0]["link"] == "https://example.org/a"


def test_one_uploaded_image_is_shown_with_its_alternative_text(organisation: Author) -> None:
    media = {"id": organisation.upload(), "altText": "a cat"}
    assert organisation.post(organisation.body("", content={"media": media})).status == 201
    picture = organisation.sandbox.posts()[0]["media"][0]
    assert picture["alt"] == "a cat"
    assert organisation.sandbox.send("GET", f"/media/{picture['sha']}").body == PNG


def test_several_uploaded_images_keep_their_order(organisation: Author) -> None:
    images = [{"id": organisation.upload(PNG + bytes([n])), "altText": str(n)} for n in range(2)]
    content = {"multiImage": {"images": images[::-1]}}
    assert organisation.post(organisation.body("two", content=content)).status == 201
    assert [picture["alt"] for picture in organisation.sandbox.posts()[0]["media"]] == ["1", "0"]


def test_an_image_begun_but_not_uploaded_cannot_be_posted(organisation: Author) -> None:
    image = organisation.begin_upload().json["value"]["image"]
    reply = organisation.post(organisation.body("x", content={"media": {"id": image}}))
    assert (reply.status, reply.json["code"]) == (400, "ILLEGAL_ARGUMENT")
    assert organisation.sandbox.posts() == []


def test_an_image_of_another_author_cannot_be_posted(organisation: Author, person: Author) -> None:
    reply = person.post(person.body("x", content={"media": {"id": organisation.upload()}}))
    assert reply.status == 400


def test_bytes_that_are_no_picture_are_not_an_image(organisation: Author) -> None:
    path = "/linkedin/dms-uploads/" + organisation.begin_upload().json["value"]["image"]
    assert organisation.sandbox.send("PUT", path, b"%PDF-1.7").status == 400
    assert organisation.sandbox.send("PUT", path + "0", PNG).status == 404


def test_every_field_of_a_post_is_required(organisation: Author) -> None:
    body = organisation.body("fine")
    for name in body:
        reply = organisation.post({key: value for key, value in body.items() if key != name})
        assert (name, reply.status, reply.json["status"]) == (name, 422, 422)
    assert organisation.sandbox.posts() == []


WRONG: list[tuple[dict[str, object], int]] = [
    ({"text": "typo"}, 422),
    ({"author": "123"}, 403),
    ({"commentary": None}, 422),
    ({"commentary": ""}, 422),
    ({"commentary": "x" * 3001}, 422),
    ({"commentary": "a (b)"}, 400),
    ({"visibility": "EVERYONE"}, 422),
    ({"lifecycleState": "DRAFT"}, 422),
    ({"isReshareDisabledByAuthor": "false"}, 422),
    ({"distribution": {"feedDistribution": "MAIN_FEED"}}, 422),
    ({"content": {}}, 422),
    ({"content": {"article": {"source": "https://example.org"}}}, 422),
    ({"content": {"article": ARTICLE | {"link": "x"}}}, 422),
    ({"content": {"article": ARTICLE, "media": {"id": "urn:li:image:1"}}}, 422),
    ({"content": {"media": {"id": "1"}}}, 422),
    ({"content": {"media": {"id": "urn:li:image:never"}}}, 400),
    ({"content": {"multiImage": {"images": [{"id": "urn:li:image:1"}]}}}, 422),
]


@pytest.mark.parametrize(("change", "status"), WRONG, ids=lambda value: str(value)[:50])
def test_a_body_that_linkedin_would_not_take_is_refused_and_no_post(
    organisation: Author, change: dict[str, object], status: int
) -> None:
    reply = organisation.post(organisation.body("fine") | change)
    assert (reply.status, reply.json["status"]) == (status, status)
    assert organisation.sandbox.posts() == []


@pytest.mark.parametrize(("body", "status"), [(b"not json", 400), ([], 422)])
def test_a_body_that_is_no_object_is_refused(organisation: Author, body: object, status: int) -> None:
    assert organisation.post(body).status == status


def test_a_field_that_is_not_known_is_named(organisation: Author) -> None:
    inputs = organisation.post(organisation.body("x", txt="y")).json["errorDetails"]["inputErrors"]
    assert [item["input"]["inputPath"]["fieldPath"] for item in inputs] == ["/txt"]


def test_escapes_do_not_count_towards_the_limit(organisation: Author) -> None:
    assert organisation.publish(r"\(" * 3000).status == 201


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"X-Restli-Protocol-Version": "2.0.0"}, 400, "VERSION_MISSING"),
        (LINKEDIN_HEADERS | {"Linkedin-Version": "202613"}, 400, "VERSION_MISSING"),
        (LINKEDIN_HEADERS | {"Linkedin-Version": "202301"}, 426, "NONEXISTENT_VERSION"),
        ({"Linkedin-Version": "202606"}, 400, "ILLEGAL_ARGUMENT"),
        (LINKEDIN_HEADERS | {"X-Restli-Protocol-Version": "1.0.0"}, 400, "ILLEGAL_ARGUMENT"),
        (LINKEDIN_HEADERS | {"Authorization": "Bearer stolen"}, 401, "INVALID_ACCESS_TOKEN"),
        (LINKEDIN_HEADERS | {"Authorization": ""}, 401, "INVALID_ACCESS_TOKEN"),
    ],
)
def test_a_missing_or_wrong_header_is_refused(
    organisation: Author, headers: dict[str, str], status: int, code: str
) -> None:
    reply = Author(organisation.sandbox, headers=headers).publish("x")
    assert (reply.status, reply.json["code"]) == (status, code)
    assert organisation.sandbox.posts() == []


def test_a_token_speaks_for_its_own_author_only(organisation: Author, person: Author) -> None:
    reply = Author(organisation.sandbox, token=person.token).publish("x")
    assert (reply.status, reply.json["code"]) == (403, "ACCESS_DENIED")


def test_the_finder_lists_newest_first_as_it_was_sent(organisation: Author) -> None:
    organisation.publish(r"first \(escaped\)")
    urn = organisation.publish("second").headers["x-restli-id"]
    found = organisation.find().json
    assert [post["commentary"] for post in found["elements"]] == ["second", r"first \(escaped\)"]
    newest = found["elements"][0]
    assert (newest["id"], newest["lifecycleState"]) == (urn, "PUBLISHED")
    assert newest["createdAt"] == newest["publishedAt"] == organisation.sandbox.posts()[0]["received_at"]
    assert found["paging"] == {"start": 0, "count": 10, "links": [], "total": 2}


def test_the_finder_goes_on_from_start(organisation: Author) -> None:
    for number in range(3):
        organisation.publish(str(number))
    found = organisation.find("&count=1&start=1").json
    assert [post["commentary"] for post in found["elements"]] == ["1"]
    assert found["paging"]["total"] == 3


def test_a_persons_posts_cannot_be_looked_up(person: Author) -> None:
    assert person.publish("mine").status == 201
    reply = person.find()
    assert (reply.status, reply.json["code"]) == (403, "ACCESS_DENIED")


def test_a_look_up_without_the_finder_header_is_refused(organisation: Author) -> None:
    path = f"posts?author={quote(organisation.account)}&q=author"
    assert organisation.call("GET", path).status == 400


@pytest.mark.parametrize("query", ["&count=x", "&start=-1", "&sortBy=NAME", "&fields=id"])
def test_a_look_up_asked_for_wrongly_is_refused(organisation: Author, query: str) -> None:
    assert organisation.find(query).status == 400


def test_a_deleted_post_is_no_longer_found_and_deleting_it_twice_is_no_error(organisation: Author) -> None:
    urn = quote(organisation.publish("soon gone").headers["x-restli-id"], safe="")
    assert [organisation.call("DELETE", f"posts/{urn}", restli="DELETE").status for _ in range(2)] == [204, 204]
    assert organisation.find().json["elements"] == []
    assert organisation.call("DELETE", "posts/urn%3Ali%3Ashare%3A1").status == 404


def test_other_paths_lead_nowhere(organisation: Author) -> None:
    assert organisation.call("POST", "ugcPosts", {}).status == 404
