"""Bluesky's dialect (sessions, records under own keys, limits, errors)."""

import base64
import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import RemoteDisconnected
from threading import Thread
from typing import Any

import pytest

from integration.sandbox.driver import PNG, Reply, Sandbox
from omnipub.sandbox.faults import FaultKind
from omnipub.sandbox.networks.bluesky import sessions
from omnipub.sandbox.networks.bluesky.post_records import content_id

POSTS = "app.bsky.feed.post"
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
KEY = "3m2qrrgw222xy"
FAMILY = "👨‍👩‍👧‍👦"
CARD = {"uri": "https://example.org/a", "title": "A", "description": ""}


@dataclass(frozen=True)
class Repo:
    """A Bluesky account, its app password, and its session."""

    sandbox: Sandbox
    account: str = DID
    password: str = "abcd-efgh-ijkl-mnop"
    session: dict[str, str] = field(default_factory=dict)

    def call(self, method: str, name: str, body: object = None, **headers: str) -> Reply:
        given = {"Authorization": f"Bearer {self.token()}"} | {key.replace("_", "-"): headers[key] for key in headers}
        return self.sandbox.send(method, f"/bluesky/xrpc/com.atproto.{name}", body, headers=given)

    def token(self) -> str:
        if "token" not in self.session:
            self.session["token"] = self.sign_in().json["accessJwt"]
        return self.session["token"]

    def sign_in(self, **change: object) -> Reply:
        body = {"identifier": self.account, "password": self.password} | change
        return self.sandbox.send("POST", "/bluesky/xrpc/com.atproto.server.createSession", body)

    def body(self, record: object, key: str = KEY, **change: object) -> dict[str, object]:
        named = {"repo": self.account, "collection": POSTS, "rkey": key, "swapRecord": None, "record": record}
        return named | change

    def put(self, record: object, key: str = KEY, **change: object) -> Reply:
        return self.call("POST", "repo.putRecord", self.body(record, key, **change))

    def publish(self, text: str, key: str = KEY) -> Reply:
        return self.put(post(text), key)

    def upload(self, content: bytes = PNG) -> Any:
        reply = self.call("POST", "repo.uploadBlob", content, Content_Type="image/png")
        assert reply.status == 200, reply.body
        return reply.json["blob"]

    def list(self, query: str = "", repo: str = DID) -> Reply:
        path = f"/bluesky/xrpc/com.atproto.repo.listRecords?repo={repo}&collection={POSTS}{query}"
        return self.sandbox.send("GET", path)

    def count(self) -> dict[str, int]:
        return self.sandbox.count("bluesky", self.account)


def post(text: str = "fine", **more: object) -> dict[str, object]:
    return {"$type": POSTS, "text": text, "createdAt": "2026-11-23T09:00:00.000Z"} | more


def facet(start: int, end: int, **feature: str) -> dict[str, object]:
    kind, value = next(iter(feature.items()))
    marked = {"$type": f"app.bsky.richtext.facet#{kind}", "uri" if kind == "link" else kind: value}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [marked]}


def images(*blobs: object) -> dict[str, object]:
    return {
        "$type": "app.bsky.embed.images",
        "images": [{"alt": str(n), "image": blob} for n, blob in enumerate(blobs)],
    }


@pytest.fixture
def repo(sandbox: Sandbox) -> Repo:
    opened = Repo(sandbox)
    assert sandbox.open("bluesky", opened.account, opened.password).status == 201
    return opened


def test_a_put_names_the_record_and_says_that_something_was_committed(repo: Repo) -> None:
    reply = repo.publish("Grüße 🌍")
    assert reply.status == 200
    assert reply.json["uri"] == f"at://{DID}/{POSTS}/{KEY}" == repo.sandbox.posts()[0]["id"]
    assert reply.json["cid"].startswith("bafyrei")
    assert reply.json["commit"]["rev"] == KEY
    assert repo.sandbox.posts()[0]["text"] == "Grüße 🌍"


def test_the_same_put_again_changes_nothing_and_has_no_commit(repo: Repo) -> None:
    first = repo.put(post("same", langs=["en"]))
    again = repo.put({"langs": ["en"], **dict(reversed(post("same").items()))})
    assert (again.status, again.json["uri"], again.json["cid"]) == (200, first.json["uri"], first.json["cid"])
    assert "commit" not in again.json
    assert repo.count() == {"posts": 1, "doubles": 0, "repeats": 1, "deleted": 0}


def test_a_put_that_differs_is_refused_and_says_what_is_there(repo: Repo) -> None:
    there = repo.publish("first").json["cid"]
    reply = repo.publish("second")
    assert (reply.status, reply.json) == (400, {"error": "InvalidSwap", "message": f"Record was at {there}"})
    assert [post["text"] for post in repo.sandbox.posts()] == ["first"]


def test_a_swap_must_name_what_is_there(repo: Repo) -> None:
    absent = repo.put(post("new"), swapRecord="bafyrei" + "a" * 52)
    assert (absent.status, absent.json["message"]) == (400, "Record was at null")
    there = repo.publish("first").json["cid"]
    assert repo.put(post("first"), swapRecord=there).status == 200


def test_without_a_swap_a_put_would_edit_which_the_sandbox_refuses(repo: Repo) -> None:
    repo.publish("first")
    body = repo.body(post("second"))
    del body["swapRecord"]
    reply = repo.call("POST", "repo.putRecord", body)
    assert (reply.status, reply.json["error"]) == (400, "InvalidRequest")
    assert [post["text"] for post in repo.sandbox.posts()] == ["first"]


def test_simultaneous_puts_of_one_record_are_one_post(repo: Repo) -> None:
    repo.token()
    replies: list[Reply] = []
    threads = [Thread(target=lambda: replies.append(repo.publish("same"))) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [reply.status for reply in replies] == [200] * 20
    assert sum("commit" in reply.json for reply in replies) == 1
    assert repo.count() == {"posts": 1, "doubles": 0, "repeats": 19, "deleted": 0}


def test_the_same_content_under_another_key_is_a_double(repo: Repo) -> None:
    repo.publish("same", "3m2qrrgw222xy")
    repo.publish("same", "3m2qrrgw222xz")
    assert repo.count()["doubles"] == 1


@pytest.mark.parametrize("key", ["msg-1", "zzzzzzzzzzzzz", "3m2qrrgw222x", "3m2qrrgw222xy2", "3M2QRRGW222XY", ""])
def test_a_key_must_be_a_tid(repo: Repo, key: str) -> None:
    reply = repo.publish("x", key)
    assert (reply.status, reply.json["message"]) == (400, "Invalid TID")


def test_a_card_carries_the_link(repo: Repo) -> None:
    assert repo.put(post("look", embed={"$type": "app.bsky.embed.external", "external": CARD})).status == 200
    assert repo.sandbox.posts()[0]["link"] == "https://example.org/a"


def test_uploaded_images_are_shown_in_order_with_their_descriptions(repo: Repo) -> None:
    blobs = [repo.upload(PNG + bytes([n])) for n in range(2)]
    assert repo.put(post("two", embed=images(*blobs[::-1]))).status == 200
    pictures = repo.sandbox.posts()[0]["media"]
    assert [picture["alt"] for picture in pictures] == ["0", "1"]
    assert repo.sandbox.send("GET", f"/media/{pictures[0]['sha']}").body == PNG + b"\1"


def test_the_same_bytes_have_the_same_name_however_often_they_are_uploaded(repo: Repo) -> None:
    assert (
        repo.upload()
        == repo.upload()
        == {
            "$type": "blob",
            "ref": {"$link": content_id(PNG)},
            "mimeType": "image/png",
            "size": len(PNG),
        }
    )
    assert base64.b32decode(content_id(b"")[1:].upper() + "======")[:4] == bytes([1, 0x55, 0x12, 32])


def test_another_accounts_upload_cannot_be_posted(repo: Repo) -> None:
    other = Repo(repo.sandbox, account="did:plc:aaaaaaaaaaaaaaaaaaaaaaaa", password="other")
    repo.sandbox.open("bluesky", other.account, other.password)
    blob = repo.upload()
    reply = other.put(post("x", embed=images(blob)))
    assert (reply.status, reply.json["error"]) == (400, "BlobNotFound")
    assert other.upload() == blob
    assert other.put(post("x", embed=images(blob))).status == 200


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"ref": {"$link": content_id(b"never")}}, "BlobNotFound"),
        ({"mimeType": "image/jpeg"}, "InvalidMimeType"),
        ({"mimeType": "video/mp4"}, "InvalidRequest"),
        ({"size": 1}, "InvalidSize"),
        ({"size": 2_000_001}, "InvalidRequest"),
        ({"$type": "image"}, "InvalidRequest"),
    ],
)
def test_an_image_must_be_named_as_it_was_uploaded(repo: Repo, change: dict[str, object], error: str) -> None:
    reply = repo.put(post("x", embed=images(repo.upload() | change)))
    assert (reply.status, reply.json["error"]) == (400, error)


def test_bytes_that_are_no_picture_or_too_many_are_not_taken(repo: Repo) -> None:
    def upload(content: bytes) -> Reply:
        return repo.call("POST", "repo.uploadBlob", content, Content_Type="image/png")

    assert upload(b"%PDF-1.7").json["error"] == "InvalidMimeType"
    assert upload(PNG + b"x" * 5 * 1024 * 1024).status == 413
    assert repo.call("POST", "repo.uploadBlob", PNG).status == 400


WRONG: list[tuple[dict[str, object], str]] = [
    ({"$type": "app.bsky.feed.like"}, "$type"),
    ({"text": None}, "Record/text"),
    ({"text": "x" * 301}, "300 graphemes"),
    ({"text": FAMILY * 121}, "3000 characters"),
    ({"createdAt": "2026-11-23 09:00"}, "createdAt"),
    ({"createdAt": "2026-13-23T09:00:00Z"}, "createdAt"),
    ({"created_at": "x"}, "created_at"),
    ({"langs": ["en", "de", "fr", "it"]}, "langs"),
    ({"tags": ["x"] * 9}, "tags"),
    ({"embed": {"$type": "app.bsky.embed.video"}}, "embed"),
    ({"embed": {"$type": "app.bsky.embed.external", "external": {"uri": "https://e.org", "title": ""}}}, "description"),
    ({"embed": {"$type": "app.bsky.embed.external", "external": CARD | {"uri": "no"}}}, "uri"),
    ({"embed": images()}, "images"),
    ({"embed": images(*[{}] * 5)}, "images"),
    ({"facets": [facet(0, 5, tag="fine")]}, "0 to 5"),
    ({"facets": [facet(2, 2, link="https://e.org")]}, "2 to 2"),
    ({"facets": [facet(0, 3, link="https://e.org"), facet(2, 4, link="https://e.org")]}, "2 to 4"),
    ({"facets": [facet(0, 4, tag="fine")]}, "hashtag"),
    ({"facets": [facet(-1, 4, link="https://e.org")]}, "byteStart"),
    ({"facets": [facet(0, 4, link="e.org")]}, "uri"),
    ({"facets": [facet(0, 4, bold="x")]}, "features"),
    ({"text": "über", "facets": [facet(1, 5, link="https://e.org")]}, "inside a character"),
    ({"text": "#" + "x" * 65, "facets": [facet(0, 66, tag="x" * 65)]}, "64 graphemes"),
]


@pytest.mark.parametrize(("change", "named"), WRONG, ids=lambda value: str(value)[:60])
def test_a_record_that_breaks_the_lexicon_is_refused_and_no_post(
    repo: Repo, change: dict[str, object], named: str
) -> None:
    reply = repo.put(post() | change)
    assert (reply.status, reply.json["error"]) == (400, "InvalidRequest")
    assert named in reply.json["message"]
    assert repo.sandbox.posts() == []


def test_facets_are_counted_in_bytes(repo: Repo) -> None:
    text = "Grüße 🎉 #über https://é.org"
    facets = [facet(13, 19, tag="über"), facet(20, 34, link="https://é.org")]
    assert repo.put(post(text, facets=facets)).status == 200


def test_a_family_is_one_grapheme(repo: Repo) -> None:
    assert repo.publish(FAMILY * 120).status == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"repo": "did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"}, 401, "AuthenticationRequired"),
        ({"collection": "app.bsky.feed.like"}, 400, "InvalidRequest"),
        ({"record": None}, 400, "InvalidRequest"),
        ({"swapRecord": "x"}, 400, "InvalidRequest"),
        ({"swap": None}, 400, "InvalidRequest"),
    ],
)
def test_a_put_that_is_not_understood_is_refused(
    repo: Repo, change: dict[str, object], status: int, error: str
) -> None:
    reply = repo.call("POST", "repo.putRecord", repo.body(post()) | change)
    assert (reply.status, reply.json["error"]) == (status, error)
    assert repo.sandbox.posts() == []


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"password": "wrong"}, 401, "AuthenticationRequired"),
        ({"identifier": "nobody.example"}, 401, "AuthenticationRequired"),
        ({"password": None}, 400, "InvalidRequest"),
        ({"token": "x"}, 400, "InvalidRequest"),
    ],
)
def test_a_wrong_login_opens_no_session(repo: Repo, change: dict[str, object], status: int, error: str) -> None:
    reply = repo.sign_in(**change)
    assert (reply.status, reply.json["error"]) == (status, error)


def test_an_account_that_is_known_by_its_handle_has_a_did(sandbox: Sandbox) -> None:
    ada = Repo(sandbox, account="ada.example.org")
    sandbox.open("bluesky", ada.account, ada.password)
    session = ada.sign_in().json
    assert session["handle"] == "ada.example.org"
    assert ada.publish("x").json["uri"] == f"at://{session['did']}/{POSTS}/{KEY}"
    assert ada.put(post("y"), "3m2qrrgw222xz", repo=session["did"]).status == 200
    assert ada.sign_in(identifier=session["did"]).status == 200
    assert ada.count()["posts"] == 2


def with_claims(repo: Repo, **change: object) -> str:
    head, claims, signature = repo.token().split(".")
    read = json.loads(base64.urlsafe_b64decode(claims + "=="))
    changed = base64.urlsafe_b64encode(json.dumps(read | change).encode()).decode().rstrip("=")
    return f"{head}.{changed}.{signature}"


BAD_TOKENS: list[tuple[Callable[[Repo], str], int, str]] = [
    (lambda _repo: "", 401, "AuthMissing"),
    (lambda _repo: "stolen", 400, "InvalidToken"),
    (lambda _repo: "a.b.c", 400, "InvalidToken"),
    (lambda repo: with_claims(repo, exp=int(time.time()) + 10**6), 400, "InvalidToken"),
    (lambda repo: with_claims(repo, sub="did:plc:bbbbbbbbbbbbbbbbbbbbbbbb"), 400, "InvalidToken"),
    (lambda repo: sessions.access_token(DID, repo.password, now=time.time() - 7_201), 400, "ExpiredToken"),
]


@pytest.mark.parametrize(("make", "status", "error"), BAD_TOKENS)
def test_a_session_that_is_not_open_is_told_apart(
    repo: Repo, make: Callable[[Repo], str], status: int, error: str
) -> None:
    reply = Repo(repo.sandbox, session={"token": make(repo)}).publish("x")
    assert (reply.status, reply.json["error"]) == (status, error)
    assert repo.sandbox.posts() == []


def test_a_new_password_ends_the_sessions_of_the_old_one(repo: Repo) -> None:
    assert repo.publish("x").status == 200
    repo.sandbox.open("bluesky", repo.account, "new-password")
    assert repo.publish("y").json["error"] == "InvalidToken"


def test_records_are_listed_by_key_the_greatest_first(repo: Repo) -> None:
    keys = ["3m2qrrgw222xa", "3m2qrrgw222xc", "3m2qrrgw222xb"]
    for key in keys:
        repo.publish(key, key)
    found = repo.list("&limit=2").json
    assert [record["value"]["text"] for record in found["records"]] == [keys[1], keys[2]]
    rest = repo.list(f"&limit=2&cursor={found['cursor']}").json
    assert [record["uri"] for record in rest["records"]] == [f"at://{DID}/{POSTS}/{keys[0]}"]
    assert repo.list(f"&cursor={rest['cursor']}").json == {"records": []}


@pytest.mark.parametrize("query", ["&limit=0", "&limit=101", "&limit=x", "&sort=x", "&reverse=true"])
def test_a_list_asked_for_wrongly_is_refused(repo: Repo, query: str) -> None:
    assert repo.list(query).status == 400


def test_an_unknown_account_has_no_list(repo: Repo) -> None:
    reply = repo.list(repo="nobody.example")
    assert (reply.status, reply.json["message"]) == (400, "Could not find repo: nobody.example")


def test_a_deleted_record_is_no_longer_listed_and_deleting_it_twice_is_no_error(repo: Repo) -> None:
    repo.publish("soon gone")
    body = {"repo": DID, "collection": POSTS, "rkey": KEY}
    replies = [repo.call("POST", "repo.deleteRecord", body) for _ in range(2)]
    assert [(reply.status, "commit" in reply.json) for reply in replies] == [(200, True), (200, False)]
    assert repo.list().json == {"records": []}
    assert repo.count()["deleted"] == 1
    assert repo.publish("soon gone").status == 400


def test_other_methods_are_not_there(repo: Repo) -> None:
    for method, name in (("POST", "repo.createRecord"), ("GET", "repo.putRecord")):
        assert repo.call(method, name, {}).json["error"] == "MethodNotImplemented"
    assert repo.sandbox.send("POST", "/bluesky/com.atproto.repo.putRecord", {}).status == 501


@pytest.mark.parametrize("body", [b"not json", b"[]"])
def test_a_body_that_is_no_object_is_refused(repo: Repo, body: bytes) -> None:
    assert repo.call("POST", "repo.putRecord", body, Content_Type="application/json").status == 400
    assert repo.call("POST", "repo.putRecord", body).status == 400


# --- Trouble


def order(repo: Repo, kind: FaultKind, **more: object) -> None:
    repo.token()
    repo.sandbox.order(network="bluesky", kind=kind, **more)


@pytest.mark.parametrize(
    ("kind", "status", "error"),
    [
        (FaultKind.THROTTLE, 429, "RateLimitExceeded"),
        (FaultKind.ERROR_BEFORE, 500, "InternalServerError"),
        (FaultKind.EXPIRED_TOKEN, 400, "ExpiredToken"),
        (FaultKind.REJECT, 400, "InvalidRequest"),
    ],
)
def test_a_refusal_is_in_blueskys_words_and_nothing_is_out(
    repo: Repo, kind: FaultKind, status: int, error: str
) -> None:
    order(repo, kind, account=DID)
    reply = repo.publish("x")
    assert (reply.status, reply.json["error"], repo.sandbox.posts()) == (status, error, [])
    assert repo.publish("x").status == 200


def test_throttling_says_when_the_limit_begins_anew(repo: Repo) -> None:
    order(repo, FaultKind.THROTTLE, wait_seconds=90)
    headers = repo.publish("x").headers
    assert headers["retry-after"] == "90"
    reset = datetime.fromtimestamp(int(headers["ratelimit-reset"]), UTC)
    assert timedelta(seconds=80) < reset - datetime.now(UTC) <= timedelta(seconds=90)


def test_an_error_after_the_fact_and_the_same_put_again_are_one_post(repo: Repo) -> None:
    order(repo, FaultKind.ERROR_AFTER)
    assert repo.publish("x").status == 500
    assert "commit" not in repo.publish("x").json
    assert repo.count() == {"posts": 1, "doubles": 0, "repeats": 1, "deleted": 0}


def test_a_hang_publishes_and_ends_without_an_answer(repo: Repo) -> None:
    order(repo, FaultKind.ACCEPT_THEN_HANG, seconds=0.1)
    with pytest.raises(RemoteDisconnected):
        repo.publish("x")
    assert repo.count()["posts"] == 1


def test_an_answer_can_lack_the_records_name(repo: Repo) -> None:
    order(repo, FaultKind.NO_ID)
    assert (repo.publish("x").json, repo.count()["posts"]) == ({}, 1)


def test_a_record_can_be_out_before_it_is_listed(repo: Repo) -> None:
    order(repo, FaultKind.LISTED_LATE, seconds=30)
    assert repo.publish("late").status == 200
    assert (repo.count()["posts"], repo.list().json) == (1, {"records": []})


@pytest.mark.parametrize("endpoint", ["sign_in", "upload", "look_up", "delete"])
def test_an_order_meets_the_endpoint_it_names(repo: Repo, endpoint: str) -> None:
    order(repo, FaultKind.ERROR_BEFORE, endpoint=endpoint, account=DID, times=0)
    assert repo.publish("x").status == 200
    statuses = {
        "sign_in": repo.sign_in().status,
        "upload": repo.call("POST", "repo.uploadBlob", PNG, Content_Type="image/png").status,
        "look_up": repo.list().status,
        "delete": repo.call("POST", "repo.deleteRecord", {"repo": DID, "collection": POSTS, "rkey": KEY}).status,
    }
    assert statuses == {name: 500 if name == endpoint else 200 for name in statuses}


def test_duplicates_are_nothing_that_bluesky_detects(repo: Repo) -> None:
    refused = repo.sandbox.send("POST", "/_sandbox/faults", {"network": "bluesky", "kind": "duplicate_detection"})
    assert refused.status == 400
    assert "facebook, linkedin" in refused.json["error"]


def test_the_wall_shows_the_post_and_where_it_is(repo: Repo) -> None:
    repo.publish("on the wall")
    (record,) = repo.sandbox.posts()
    page = repo.sandbox.send("GET", record["permalink"].removeprefix(repo.sandbox.url))
    assert page.status == 200
    assert 'class="bluesky"' in page.body.decode()
    assert "on the wall" in repo.sandbox.send("GET", "/").body.decode()
