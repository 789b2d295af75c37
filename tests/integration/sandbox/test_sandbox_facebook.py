"""Facebook's dialect (publish, lookup, limits, errors)."""

import json
import re
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest

from integration.sandbox.driver import PNG, Page, Reply


def code(reply: Reply) -> tuple[int, int]:
    error: dict[str, Any] = reply.json["error"]
    return reply.status, error["code"]


def test_a_text_is_answered_with_page_and_post_number(page: Page) -> None:
    reply = page.publish("Grüße 🌍")
    assert reply.status == 200
    assert re.fullmatch(rf"{page.account}_[0-9]+", reply.json["id"])
    assert page.sandbox.posts()[0]["text"] == "Grüße 🌍"


def test_the_permalink_comes_only_if_asked_for_and_shows_the_post(page: Page) -> None:
    assert "permalink_url" not in page.publish("without").json
    reply = page.post({"message": "with", "published": True}, "?fields=id,permalink_url").json
    shown = page.sandbox.send("GET", urlsplit(reply["permalink_url"]).path)
    assert shown.status == 200
    assert b"with" in shown.body


def test_a_link_is_kept_beside_the_text(page: Page) -> None:
    page.post({"message": "look", "link": "https://example.org/a?b=c"})
    assert page.sandbox.posts()[0]["link"] == "https://example.org/a?b=c"


def test_a_form_says_the_same_as_json_and_may_carry_the_token(page: Page) -> None:
    form = urlencode({"message": "a & b", "published": "true", "access_token": page.token}).encode()
    path = f"{page.base}/{page.account}/feed"
    reply = page.sandbox.send("POST", path, form, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert reply.status == 200
    record = page.sandbox.posts()[0]
    assert record["text"] == "a & b"
    assert page.token not in json.dumps(record)


def test_a_photo_sent_as_bytes_is_a_post_with_exactly_those_bytes(page: Page) -> None:
    reply = page.upload(PNG, caption="a cat", alt_text_custom="a cat asleep")
    assert set(reply.json) == {"id", "post_id"}
    record = page.sandbox.posts()[0]
    assert (record["id"], record["text"]) == (reply.json["post_id"], "a cat")
    assert record["media"][0]["alt"] == "a cat asleep"
    assert page.sandbox.send("GET", f"/media/{record['media'][0]['sha']}").body == PNG


def test_a_photo_by_address_is_kept_as_an_address(page: Page) -> None:
    page.call("POST", f"{page.account}/photos", {"url": "https://example.org/a.png", "message": "far"})
    assert page.sandbox.posts()[0]["media"] == [{"url": "https://example.org/a.png", "alt": ""}]


def test_unpublished_photos_become_one_post_in_the_order_named(page: Page) -> None:
    ids = [page.upload(PNG + bytes([n]), published="false").json for n in range(3)]
    assert all(set(reply) == {"id"} for reply in ids)
    assert page.sandbox.posts() == []
    attached = [{"media_fbid": reply["id"]} for reply in reversed(ids)]
    assert page.post({"message": "three", "attached_media": attached}).status == 200
    shas = [picture["sha"] for picture in page.sandbox.posts()[0]["media"]]
    assert [page.sandbox.send("GET", f"/media/{sha}").body[-1] for sha in shas] == [2, 1, 0]


def test_published_posts_come_newest_first_with_whole_seconds(page: Page) -> None:
    first, second = page.publish("first").json["id"], page.publish("second").json["id"]
    data = page.listed()["data"]
    assert [(post["id"], post["message"]) for post in data] == [(second, "second"), (first, "first")]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000", post["created_time"]) for post in data)


def test_paging_shows_every_post_once_and_then_has_no_next(page: Page) -> None:
    ids = [page.publish(str(n)).json["id"] for n in range(5)]
    seen, query = [], "?fields=id&limit=2"
    while query:
        listed = page.listed(query)
        seen += [post["id"] for post in listed["data"]]
        following = listed["paging"].get("next")
        assert following is None or f"after={listed['paging']['cursors']['after']}" in following.replace("%3D", "=")
        query = "?" + urlsplit(following).query if following else ""
    assert seen == ids[::-1]


def test_since_leaves_older_posts_out(page: Page) -> None:
    page.publish("old")
    received = page.sandbox.posts()[0]["received_at"] // 1000
    assert len(page.listed(f"?since={received}")["data"]) == 1
    assert page.listed(f"?since={received + 1}")["data"] == []


def test_a_post_without_text_is_listed_without_message(page: Page) -> None:
    page.post({"link": "https://example.org"})
    assert "message" not in page.listed()["data"][0]


def test_a_deleted_post_is_no_longer_listed_and_cannot_be_deleted_again(page: Page) -> None:
    post = page.publish("soon gone").json["id"]
    assert page.call("DELETE", post).json == {"success": True}
    assert page.listed()["data"] == []
    assert code(page.call("DELETE", post)) == (400, 100)


@pytest.mark.parametrize(
    "body",
    [
        {"message": "x", "mesage": "typo"},
        {"message": 7},
        {"message": "x", "published": "true"},
        {"message": "x", "published": False},
        {"message": "x" * 63_207},
        {"message": ""},
        {"message": "\ud800"},
        {"link": "javascript:alert(1)"},
        {"message": "x", "attached_media": [{"media_fbid": "404"}]},
        {"message": "x", "attached_media": []},
        {},
        [],
        b"not json",
    ],
    ids=lambda body: str(body)[:40],
)
def test_a_body_that_graph_would_not_take_is_code_100_and_no_post(page: Page, body: object) -> None:
    path = f"{page.account}/feed"
    reply = page.call("POST", path, body, Content_Type="application/json")
    assert code(reply) == (400, 100)
    assert page.sandbox.posts() == []


def test_the_longest_message_fits(page: Page) -> None:
    assert page.publish("x" * 63_206).status == 200


@pytest.mark.parametrize("query", ["?fields=id,likes", "?access_token=page-token", "?unknown=1"])
def test_a_query_that_is_not_documented_publishes_nothing(page: Page, query: str) -> None:
    assert code(page.post({"message": "x"}, query)) == (400, 100)
    assert page.sandbox.posts() == []


@pytest.mark.parametrize("query", ["?limit=0", "?limit=101", "?limit=x", "?after=!", "?fields=nope", "?since=-1"])
def test_a_list_asked_for_wrongly_is_code_100(page: Page, query: str) -> None:
    assert code(page.call("GET", f"{page.account}/published_posts{query}")) == (400, 100)


@pytest.mark.parametrize("content", [b"%PDF-1.7", PNG + bytes(4 * 1024 * 1024)], ids=["no picture", "too large"])
def test_a_photo_of_the_wrong_type_or_size_is_subcode_1366046(page: Page, content: bytes) -> None:
    error = page.upload(content).json["error"]
    assert (error["code"], error["error_subcode"]) == (100, 1366046)


def test_a_photo_needs_exactly_one_source(page: Page) -> None:
    assert code(page.call("POST", f"{page.account}/photos", {"caption": "none"})) == (400, 100)
    assert code(page.upload(PNG, url="https://example.org/a.png")) == (400, 100)


@pytest.mark.parametrize("token", ["", "stolen"])
def test_an_absent_or_unknown_token_is_code_190(page: Page, token: str) -> None:
    stranger = Page(page.sandbox, token=token)
    assert code(stranger.publish("x")) == (400, 190)
    assert code(stranger.call("GET", f"{page.account}/published_posts")) == (400, 190)
    assert page.sandbox.posts() == []


def test_another_pages_token_is_code_200(page: Page) -> None:
    page.sandbox.open("facebook", "other", "other-token")
    post = page.publish("mine").json["id"]
    other = Page(page.sandbox, token="other-token")
    assert code(other.publish("x")) == (403, 200)
    assert code(other.call("DELETE", post)) == (403, 200)


def test_another_version_or_edge_leads_nowhere(page: Page) -> None:
    assert code(page.call("POST", f"{page.account}/likes", {})) == (400, 2500)
    assert code(Page(page.sandbox, base="/facebook/v20.0").publish("x")) == (400, 2500)


def test_an_error_has_every_field_that_clients_read(page: Page) -> None:
    error = page.post({}).json["error"]
    assert set(error) == {
        "message",
        "type",
        "code",
        "is_transient",
        "error_user_title",
        "error_user_msg",
        "fbtrace_id",
    }
