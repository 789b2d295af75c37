"""The HTTP API, through genuine API Gateway events: every route, and one wrong input for each."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from omnipub.domain.profile import Profile
from omnipub.handlers.api import app
from omnipub.handlers.api.router import Public, Route
from omnipub.names import API_ROOT, PUBLIC_ROUTES
from omnipub.onebox.aws_events import IncomingRequest, LambdaContext, gateway_event
from omnipub.storage import keys
from support.world import OWNER, START, TestBed

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
MESSAGE = {"text": "Hello", "channels": ["looked"]}
CERTIFICATION = {
    "member": "Ada Example",
    "type": "solutions-architect-associate",
    "earned_on": "2026-11-20",
    "channels": ["keyed"],
}

Call = Callable[..., tuple[int, Any, dict[str, str]]]


@pytest.fixture
def call(bed: TestBed) -> Call:
    handle = app.build(bed.system)

    def calling(
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str | None = OWNER,
        groups: str = "",
        headers: dict[str, str] | None = None,
    ) -> tuple[int, Any, dict[str, str]]:
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent = {"host": "x", "content-type": "application/json"} | (headers or {})
        incoming = IncomingRequest(method=method, target=f"/api/v1{path}", headers=sent, body=raw, source="127.0.0.1")
        claims = None if user is None else {"sub": user, "cognito:groups": groups}
        answer = handle(gateway_event(incoming, claims), LambdaContext(function_name="api"))
        return answer["statusCode"], json.loads(answer["body"]), _headers(answer)

    return calling


def _headers(answer: dict[str, Any]) -> dict[str, str]:
    return {name.lower(): value for name, value in answer.get("headers", {}).items()}


def test_a_message_is_created_shown_and_listed(bed: TestBed, call: Call) -> None:
    status, made, headers = call("POST", "/messages", MESSAGE)
    assert status == 201
    assert headers["location"] == f"/api/v1/messages/{made['id']}"
    assert made["due_at"] == "2026-11-23T09:00:00.000Z"
    bed.run_stream()
    status, shown, _ = call("GET", f"/messages/{made['id']}")
    assert (status, shown["status"]) == (200, "published")
    (delivery,) = shown["deliveries"]
    assert delivery["lateness_ms"] == 100
    assert [attempt["ended"] for attempt in delivery["attempts"]] == ["published"]
    status, listed, _ = call("GET", "/messages?limit=5")
    assert [row["id"] for row in listed["messages"]] == [made["id"]]
    assert listed["cursor"] is None


def test_a_schedule_is_given_in_local_time_and_zone(call: Call) -> None:
    when = {"at": "2026-12-01T09:00", "zone": "Europe/Berlin"}
    _, made, _ = call("POST", "/messages", MESSAGE | {"schedule": when})
    assert made["due_at"] == "2026-12-01T08:00:00.000Z"
    _, shown, _ = call("GET", f"/messages/{made['id']}")
    assert shown["schedule"] == {
        "at": "2026-12-01T08:00:00.000Z",
        "local": "2026-12-01T09:00:00",
        "zone": "Europe/Berlin",
    }


def test_the_same_key_and_body_give_the_same_answer(call: Call) -> None:
    key = {"idempotency-key": "k-1"}
    first = call("POST", "/messages", MESSAGE, headers=key)
    again = call("POST", "/messages", MESSAGE, headers=key)
    assert first[:2] == again[:2]
    assert again[2]["idempotent-replayed"] == "true"
    assert len(call("GET", "/messages")[1]["messages"]) == 1


def test_the_same_key_with_another_body_is_422(call: Call) -> None:
    key = {"idempotency-key": "k-1"}
    call("POST", "/messages", MESSAGE, headers=key)
    status, problem, headers = call("POST", "/messages", MESSAGE | {"text": "Other"}, headers=key)
    assert status == 422
    assert headers["content-type"] == "application/problem+json"
    assert problem["status"] == 422


def test_one_owners_key_is_not_anothers(bed: TestBed, call: Call) -> None:
    from omnipub.domain.conversation import Secret

    bed.system.accounts.connect(owner="other", channel="looked", account="acc-2", token=Secret("t"))
    key = {"idempotency-key": "k-1"}
    first, second = (call("POST", "/messages", MESSAGE, headers=key, user=user) for user in (OWNER, "other"))
    assert first[1]["id"] != second[1]["id"]


def test_a_certification_is_announced_once(bed: TestBed, call: Call) -> None:
    status, made, _ = call("POST", "/certifications", CERTIFICATION)
    assert status == 201
    bed.run_stream()
    _, shown, _ = call("GET", f"/certifications/{made['id']}")
    assert shown["status"] == "published"
    assert "Ada Example" in bed.network.texts()[0]
    status, problem, _ = call("POST", "/certifications", CERTIFICATION | {"member": "ADA  example"})
    assert status == 409
    assert [link["href"] for link in problem["links"]] == [f"/api/v1/certifications/{made['id']}"]
    assert len(call("GET", "/certifications")[1]["certifications"]) == 1


def test_an_image_is_uploaded_once_and_named_by_its_digest(call: Call) -> None:
    first = call("POST", "/media", PNG, headers={"content-type": "image/png"})
    again = call("POST", "/media", PNG, headers={"content-type": "image/png"})
    assert first[0] == 201
    assert first[1] == again[1]
    assert first[1]["content_type"] == "image/png"


def test_channels_and_types_are_listed(call: Call) -> None:
    _, listed, _ = call("GET", "/channels")
    assert {one["network"] for one in listed["channels"]} == {"looked", "keyed", "blind"}
    assert "token" not in json.dumps(listed)
    _, types, _ = call("GET", "/certifications/types")
    assert any(one["type"] == "solutions-architect-associate" for one in types["types"])


def test_whoever_first_asks_who_they_are_gets_a_profile_that_later_tokens_add_to(bed: TestBed) -> None:
    handle = app.build(bed.system)

    def ask(**claims: Any) -> Any:
        incoming = IncomingRequest(method="GET", target="/api/v1/me", headers={}, body=b"", source="127.0.0.1")
        event = gateway_event(incoming, {"sub": OWNER, "cognito:groups": "[operators authors]"} | claims)
        answer = handle(event, LambdaContext(function_name="api"))
        assert answer["statusCode"] == 200
        return json.loads(answer["body"])

    me = {"id": OWNER, "groups": ["authors", "operators"], "operator": True, "since": "2026-11-23T09:00:00.000Z"}
    assert bed.system.base.table.get(keys.profile(OWNER)) is None
    assert ask() == me | {"email": "", "name": ""}, "an access token names neither"
    assert ask(email="ada@example.com", email_verified="false") == me | {"email": "", "name": ""}
    bed.clock.advance(hours=1)
    named = me | {"email": "ada@example.com", "name": "Ada"}
    assert ask(email="ada@example.com", email_verified="true", name="Ada") == named
    written = bed.system.base.table.get(keys.profile(OWNER))
    assert ask() == named, "what a token does not name stays"
    assert bed.system.base.table.get(keys.profile(OWNER)) == written, "nothing new is not written"


def test_two_first_requests_at_once_write_one_profile(bed: TestBed, monkeypatch: pytest.MonkeyPatch) -> None:
    table, profiles = bed.system.base.table, bed.system.profiles
    writes = table.put

    def put_late(item: Any, condition: Any = None) -> None:
        monkeypatch.undo()
        profiles.signed_in(OWNER, email="first@example.com")
        bed.clock.advance(seconds=1)
        writes(item, condition)

    monkeypatch.setattr(type(table), "put", lambda _, *given: put_late(*given))
    assert profiles.signed_in(OWNER, name="Ada") == Profile(email="first@example.com", name="Ada", since=START)
    assert profiles.signed_in(OWNER).name == "Ada"


def test_the_configuration_says_where_to_sign_in_and_nothing_that_is_secret(bed: TestBed, call: Call) -> None:
    status, config, _ = call("GET", "/config", user=None)
    assert (status, config["stage"], config["mode"], config["sign_in"]) == (200, "local", "sandbox", None)
    bed.system.settings = replace(bed.system.settings, sign_in_url="https://sign-in.example", sign_in_client="abc")
    _, config, _ = call("GET", "/config", user=None)
    assert config["sign_in"] == {
        "authorize_url": "https://sign-in.example/oauth2/authorize",
        "token_url": "https://sign-in.example/oauth2/token",
        "logout_url": "https://sign-in.example/logout",
        "client_id": "abc",
        "redirect_path": "/signed-in",
        "scopes": ["openid", "email", "profile"],
    }
    assert set(config) == {"stage", "mode", "version", "sign_in"}


def test_no_route_opens_what_is_sealed(bed: TestBed, call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("the API's role may not open what is sealed")

    monkeypatch.setattr(type(bed.system.world.vault), "open", refuse)
    answered = {
        ("POST", "/messages"): call("POST", "/messages", MESSAGE)[:2],
        ("POST", "/certifications"): call("POST", "/certifications", CERTIFICATION)[:2],
        ("POST", "/media"): call("POST", "/media", PNG, headers={"content-type": "image/png"})[:2],
    }
    made = {kind: answered["POST", f"/{kind}"][1]["id"] for kind in ("messages", "certifications")}
    for route in app.ROUTES:
        if route.method == "GET":
            noun = route.path.split("/")[1]
            answered["GET", route.path] = call("GET", route.path.replace("<id>", str(made.get(noun))))[:2]
    assert {route[:2]: answer for route, answer in answered.items() if answer[0] not in {200, 201}} == {
        ("GET", "/health"): answered["GET", "/health"]
    }, "no tick has run"
    assert {(route.method, route.path) for route in app.ROUTES} == set(answered)


def test_health_needs_no_user_and_treats_silence_as_failure(bed: TestBed, call: Call) -> None:
    assert call("GET", "/health", user=None)[0] == 503
    bed.system.dispatch.tick()
    status, health, _ = call("GET", "/health", user=None)
    assert (status, health["status"]) == (200, "ok")
    bed.clock.advance(minutes=4)
    assert call("GET", "/health", user=None)[1]["status"] == "silent"


def test_another_owners_message_is_a_404_and_operators_see_everything(call: Call) -> None:
    _, made, _ = call("POST", "/messages", MESSAGE)
    path = f"/messages/{made['id']}"
    assert call("GET", path, user="other")[0] == 404
    assert call("GET", "/messages", user="other")[1]["messages"] == []
    assert call("GET", path, user="other", groups="[authors operators]")[0] == 200
    assert call("GET", path, user="other", groups="[nooperators]")[0] == 404
    assert len(call("GET", "/messages", user="other", groups="[operators]")[1]["messages"]) == 1


@pytest.mark.parametrize(
    ("method", "path"), [(route.method, route.path) for route in app.ROUTES if isinstance(route, Route)]
)
def test_who_is_not_signed_in_gets_401_before_anything_is_read(call: Call, method: str, path: str) -> None:
    status, problem, headers = call(method, path, b"{" if method == "POST" else None, user=None)
    assert (status, headers["content-type"]) == (401, "application/problem+json")
    assert headers["www-authenticate"] == "Bearer"
    assert problem["hint"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("DELETE", "/messages", "GET, POST"),
        ("HEAD", "/messages", "GET, POST"),
        ("OPTIONS", "/messages", "GET, POST"),
        ("PUT", "/messages/01ARZ3NDEKTSV4RRFFQ69G5FAV", "GET"),
        ("POST", "/certifications/types", "GET"),
        ("GET", "/media", "POST"),
        ("POST", "/health", "GET"),
    ],
)
def test_another_method_of_a_known_route_is_405_and_says_which_are_allowed(
    call: Call, method: str, path: str, allowed: str
) -> None:
    for user in (OWNER, None):
        status, _, headers = call(method, path, user=user)
        assert (status, headers["allow"]) == (405, allowed)


def test_the_routes_that_need_nobody_are_those_that_the_gateways_let_through_without_a_token() -> None:
    public = {(route.method, f"{API_ROOT}{route.path}") for route in app.ROUTES if isinstance(route, Public)}
    assert public == set(PUBLIC_ROUTES)


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        (b"{", 400, "JSON"),
        (b"[]", 400, "object"),
        (b"[" * 1_000, 400, "nested too deeply"),
        (b"[" * 100_000, 400, "more than 100 levels"),
        (b'{"a":' * 100_000, 400, "nested too deeply"),
        (b'{"text": ' + b"9" * 5_000 + b"}", 400, "38 digits"),
        (b'{"text": NaN}', 400, "NaN"),
        (b'{"text": 1e999}', 400, "larger than any"),
        (b'{"text": "a", "text": "b", "channels": ["looked"]}', 400, "twice"),
        ('{"text": "Gr\u00fc\u00dfe", "channels": ["looked"]}'.encode("latin-1"), 400, "not UTF-8"),
        (b'{"text": "x", "channels": ["looked"], "variants": {"\\ud800": {"text": "y"}}}', 400, "variants"),
        (b'{"\\ud800": 1}', 400, "unicode"),
        ({}, 400, "channels"),
        (MESSAGE | {"txet": "typo"}, 400, "txet"),
        (MESSAGE | {"text": ""}, 400, "text"),
        (MESSAGE | {"text": "x" * 1001}, 400, "at most 1,000"),
        (MESSAGE | {"channels": ["myspace"]}, 400, "looked"),
        (MESSAGE | {"channels": ["looked:events"]}, 404, "account can be connected"),
        (MESSAGE | {"channels": [1]}, 400, "channels.0"),
        (MESSAGE | {"link": "javascript:alert(1)"}, 400, "link"),
        (MESSAGE | {"schedule": {"at": "tomorrow"}}, 400, "ISO 8601"),
        (MESSAGE | {"schedule": {"at": "2027-03-28T02:30", "zone": "Europe/Berlin"}}, 400, "clocks go forward"),
        (MESSAGE | {"schedule": {"at": "2026-01-01T00:00Z"}}, 400, "past"),
        (MESSAGE | {"media": [{"key": "0" * 64}]}, 404, "not stored"),
        (MESSAGE | {"media": [{"key": "../../etc/passwd"}]}, 400, "media.0.key"),
        (MESSAGE | {"text": "half \ud83d"}, 400, "unicode"),
    ],
)
def test_a_wrong_message_is_refused_with_what_would_have_been_allowed(
    call: Call, body: Any, status: int, named: str
) -> None:
    answered, problem, headers = call("POST", "/messages", body)
    assert (answered, headers["content-type"]) == (status, "application/problem+json")
    assert problem["status"] == status
    assert problem["title"]
    assert named in json.dumps(problem, ensure_ascii=False)
    assert call("GET", "/messages")[1]["messages"] == []


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"type": "solutions-architekt"}, "list of types"),
        ({"earned_on": "2099-01-01"}, "earned_on"),
        ({"earned_on": "yesterday"}, "earned_on"),
        ({"member": ""}, "member"),
        ({"linkedin_url": "https://example.com/in/ada"}, "linkedin"),
    ],
)
def test_a_wrong_certification_is_refused(call: Call, change: dict[str, Any], named: str) -> None:
    status, problem, _ = call("POST", "/certifications", CERTIFICATION | change)
    assert status == 400
    assert named in json.dumps(problem)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/messages/nonsense", 400),
        ("GET", "/messages/01ARZ3NDEKTSV4RRFFQ69G5FAV", 404),
        ("GET", "/certifications/01ARZ3NDEKTSV4RRFFQ69G5FAV", 404),
        ("GET", "/messages?limit=0", 400),
        ("GET", "/messages?limit=101", 400),
        ("GET", "/messages?limit=many", 400),
        ("GET", "/messages?limit=²", 400),
        ("GET", "/messages?cursor=nonsense", 400),
        ("POST", "/media", 400),
    ],
)
def test_a_wrong_request_is_a_problem_not_a_trace(call: Call, method: str, path: str, status: int) -> None:
    answered, problem, headers = call(method, path)
    assert (answered, headers["content-type"]) == (status, "application/problem+json")
    assert "Traceback" not in json.dumps(problem)


def test_an_idempotency_key_of_nothing_is_refused(call: Call) -> None:
    for key in ("", "  ", "x" * 256, "line\nbreak"):
        assert call("POST", "/messages", MESSAGE, headers={"idempotency-key": key})[0] == 400


def test_a_mistake_of_ours_is_a_500_problem_without_details(
    bed: TestBed, call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("token=secret")

    monkeypatch.setattr(type(bed.system.lists), "page", broken)
    status, problem, _ = call("GET", "/messages")
    assert status == 500
    assert "secret" not in json.dumps(problem)
    assert bed.journal.named("api_broke")


def test_a_message_scheduled_by_the_api_is_out_within_a_second(bed: TestBed, call: Call) -> None:
    at = START + timedelta(seconds=90)
    _, made, _ = call("POST", "/messages", MESSAGE | {"schedule": {"at": at.isoformat()}})
    bed.pass_time(at + timedelta(minutes=1))
    _, shown, _ = call("GET", f"/messages/{made['id']}")
    assert 0 <= shown["deliveries"][0]["lateness_ms"] <= 1000


def test_lists_are_narrowed_like_those_of_the_command_line(bed: TestBed, call: Call) -> None:
    made = {}
    for name in ("looked", "blind"):
        made[name] = call("POST", "/messages", MESSAGE | {"channels": [name], "schedule": {"at": "2026-12-01T09:00Z"}})
        bed.clock.advance(minutes=10)
    looked, blind = (made[name][1]["id"] for name in ("looked", "blind"))

    def found(query: str, **asked: Any) -> list[str]:
        status, listed, _ = call("GET", f"/messages?{query}", **asked)
        assert status == 200, listed
        return [one["id"] for one in listed["messages"]]

    operator = {"user": "op", "groups": "[operators]"}
    for who in ({}, operator):
        assert found("status=scheduled", **who) == [blind, looked]
        assert found("status=scheduled&channel=blind", **who) == [blind]
        assert found("status=published", **who) == []
        assert found("since=2026-11-23T09:05:00Z", **who) == [blind]
        assert found("until=2026-11-23T10:05:00%2B01:00", **who) == [looked]
    assert found(f"owner={OWNER}&channel=looked", **operator) == [looked]
    assert found("owner=somebody", **operator) == []
    _, page, _ = call("GET", "/messages?status=scheduled&limit=1", **operator)
    assert found(f"status=scheduled&cursor={quote(page['cursor'], safe='')}", **operator) == [looked]


NARROWS = ("status", "channel", "owner", "since", "until", "cursor")
"""Parameters whose empty value would narrow nothing."""


@pytest.mark.parametrize("path", ["/messages", "/certifications"])
@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("status=sent", "'sent' is not a status."),
        ("channel=myspace", "is not a channel of a network we know"),
        ("since=soon", "'soon' is not a time."),
        ("since=2026-11-23T09:00", "neither an offset nor a zone"),
        ("since=2026-11-24T09:00Z&until=2026-11-23T09:00Z", "since must lie before until."),
        ("owner=somebody", "Only operators"),
        ("cursor=x", "not one of ours"),
        ("limit=0", "1 to 100"),
        ("limit=", "limit is ''"),
        *((f"{name}={value}", f"{name} was given and is empty.") for name in NARROWS for value in ("", "%20")),
        ("status=scheduled&owner=", "owner was given and is empty."),
    ],
)
def test_a_list_narrowed_to_nonsense_is_a_400(call: Call, path: str, query: str, said: str) -> None:
    status, problem, _ = call("GET", f"{path}?{query}")
    assert status == 400
    assert said in problem["detail"]


@pytest.mark.parametrize(
    ("not_after", "end"),
    [
        ("2h", "2026-12-01T10:00:00.000Z"),
        ("2026-12-01T12:00:00+01:00", "2026-12-01T11:00:00.000Z"),
        ("2026-12-01T10:30", "2026-12-01T09:30:00.000Z"),
    ],
)
def test_a_message_says_until_when_it_may_begin(call: Call, not_after: str, end: str) -> None:
    when = {"schedule": {"at": "2026-12-01T09:00", "zone": "Europe/Berlin"}, "not_after": not_after}
    _, made, _ = call("POST", "/messages", MESSAGE | when)
    _, shown, _ = call("GET", f"/messages/{made['id']}")
    assert {one["not_after"] for one in shown["deliveries"]} == {end}


@pytest.mark.parametrize("not_after", ["soon", "2026-12-01T10:00", "0s", "31d", "2020-01-01T00:00Z"])
def test_a_window_that_makes_no_sense_is_a_400_and_creates_nothing(call: Call, not_after: str) -> None:
    assert call("POST", "/messages", MESSAGE | {"not_after": not_after})[0] == 400
    assert call("GET", "/messages")[1]["messages"] == []


# A request whose first sending never arrived, repeated after its moment.


def late(bed: TestBed, seconds: int, **more: Any) -> dict[str, Any]:
    """What to send of a post that was due `seconds` ago."""
    return {**MESSAGE, "schedule": {"at": (bed.clock.now() - timedelta(seconds=seconds)).isoformat()}, **more}


@pytest.mark.parametrize("seconds", [61, 3600, 24 * 3600])
@pytest.mark.parametrize("path", ["/messages", "/certifications"])
def test_a_repeated_post_whose_moment_is_over_is_due_now_and_says_so(
    bed: TestBed, call: Call, seconds: int, path: str
) -> None:
    body = late(bed, seconds) if path == "/messages" else CERTIFICATION | {"schedule": late(bed, seconds)["schedule"]}
    status, made, _ = call("POST", path, body, headers={"idempotency-key": "k-1"})
    assert status == 201, made
    (note,) = made["notes"]
    assert f"was {seconds:,} s ago: it is due now" in note
    bed.run_stream()
    _, shown, _ = call("GET", f"{path}/{made['id']}")
    (delivery,) = shown["deliveries"]
    assert delivery["status"] == "published"
    assert delivery["lateness_ms"] == seconds * 1000 + 100, "measured from what was asked"
    status, again, headers = call("POST", path, body, headers={"idempotency-key": "k-1"})
    assert (status, again, headers["idempotent-replayed"]) == (201, made, "true")
    assert len(bed.network.posts) == 1


@pytest.mark.parametrize(("seconds", "more"), [(24 * 3600 + 1, {}), (3601, {"not_after": "1h"})])
def test_beyond_its_window_a_repeated_post_is_refused_and_told_what_to_do(
    bed: TestBed, call: Call, seconds: int, more: dict[str, Any]
) -> None:
    status, problem, _ = call("POST", "/messages", late(bed, seconds, **more), headers={"idempotency-key": "k-1"})
    assert status == 400
    assert "ended at" in problem["detail"]
    assert "later" in problem["hint"]
    assert bed.stream.take() == []
    status, made, _ = call("POST", "/messages", MESSAGE, headers={"idempotency-key": "k-1"})
    assert status == 201, "a refused request uses no key up"
    assert "notes" not in made


def test_without_a_key_a_moment_in_the_past_is_a_mistake(bed: TestBed, call: Call) -> None:
    status, problem, _ = call("POST", "/messages", late(bed, 61))
    assert status == 400
    assert "lies in the past" in problem["detail"]
    status, made, _ = call("POST", "/messages", late(bed, 60))
    assert (status, "notes" in made) == (201, False)
