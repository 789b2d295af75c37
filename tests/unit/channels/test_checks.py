"""What each network is asked about an account, and how its answers are read."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.channels.networks.bluesky.channel import Bluesky
from omnipub.channels.networks.facebook.channel import Facebook
from omnipub.channels.networks.linkedin.channel import LinkedIn
from omnipub.channels.networks.telegram.channel import Telegram
from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Account, Channel, Response, Secret
from omnipub.domain.delivery.outcome import TryEnd
from omnipub.errors import InvalidInputError
from omnipub.services.accounts.check import CheckableChannel
from omnipub.services.accounts.refresh_results import Refreshable

Converse = Callable[..., tuple[list[Any], Any]]

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
PAGE = Account(id="100", base_url="https://graph.facebook.com", token=Secret(TOKEN))
ORGANISATION = Account(id="urn:li:organization:7", base_url="https://api.linkedin.com", token=Secret(TOKEN))
MEMBER = Account(id="urn:li:person:abc", base_url="https://api.linkedin.com", token=Secret(TOKEN))
CHAT = Account(id="@news", base_url="https://api.telegram.org", token=Secret(TOKEN))
AUTHOR = Account(id="did:plc:ada", base_url="https://bsky.social", token=Secret("abcd-efgh-ijkl-mnop"))
CREDENTIALS = {name: Secret(f"very-secret-{name}") for name in LinkedIn.renewal_needs}


def ok(body: Any) -> Response:
    return Response(status=200, body=body)


def graph(code: int, subcode: int = 0) -> Response:
    return Response(status=400, body={"error": {"code": code, "error_subcode": subcode, "message": "No."}})


def member(status: str, **rights: bool) -> Response:
    return ok({"ok": True, "result": {"status": status, **rights}})


BOT = ok({"ok": True, "result": {"id": 1, "username": "ada_bot"}})
NEWS = ok({"ok": True, "result": {"id": -1001, "type": "channel", "title": "News"}})
GROUP = ok({"ok": True, "result": {"id": -44, "type": "group", "title": "Team"}})

ANSWERS = [
    (Facebook(), PAGE, [ok({"id": "100", "name": "Ada's page"})], TryEnd.PUBLISHED, "“Ada's page”"),
    (Facebook(), PAGE, [ok({"id": "200", "name": "Other"})], TryEnd.REJECTED, "belongs to 200, “Other”"),
    (Facebook(), PAGE, [graph(190, 463)], TryEnd.AUTH, "no longer accepts the page's token"),
    (Facebook(), PAGE, [graph(100, 33)], TryEnd.REJECTED, "no such page"),
    (Facebook(), PAGE, [graph(10)], TryEnd.REJECTED, "may not do this"),
    (Facebook(), PAGE, [graph(200, 1404078)], TryEnd.REJECTED, "in the page's settings"),
    (Facebook(), PAGE, [graph(4)], TryEnd.THROTTLED, "slow down"),
    (Facebook(), PAGE, [graph(2)], TryEnd.NOT_SENT, "did not do what it was asked"),
    (Facebook(), PAGE, [ok("<html>")], TryEnd.NOT_SENT, ""),
    (LinkedIn(), ORGANISATION, [ok({"id": 7, "localizedName": "Ada Ltd"})], TryEnd.PUBLISHED, "“Ada Ltd”"),
    (LinkedIn(), ORGANISATION, [Response(status=401, body={})], TryEnd.AUTH, "no longer accepts"),
    (LinkedIn(), ORGANISATION, [Response(status=403, body={})], TryEnd.NOT_SENT, "cannot be told whether"),
    (LinkedIn(), ORGANISATION, [Response(status=404, body={})], TryEnd.REJECTED, "does not find the account"),
    (LinkedIn(), ORGANISATION, [Response(status=503, body="")], TryEnd.NOT_SENT, ""),
    (LinkedIn(), MEMBER, [ok({"id": "abc"})], TryEnd.PUBLISHED, "as this member's"),
    (LinkedIn(), MEMBER, [Response(status=403, body={}), ok({"sub": "abc"})], TryEnd.PUBLISHED, "as this member's"),
    (LinkedIn(), MEMBER, [ok({"id": "xyz"})], TryEnd.REJECTED, "another member"),
    (LinkedIn(), MEMBER, [Response(status=403, body={})] * 2, TryEnd.NOT_SENT, "cannot be told whether"),
    (
        Telegram(),
        CHAT,
        [BOT, NEWS, member("administrator", can_post_messages=True)],
        TryEnd.PUBLISHED,
        "the bot “ada_bot”, which may post in “News”",
    ),
    (Telegram(), CHAT, [BOT, NEWS, member("administrator")], TryEnd.REJECTED, "may not post in “News”"),
    (Telegram(), CHAT, [BOT, NEWS, member("member")], TryEnd.REJECTED, "may not post in “News”"),
    (Telegram(), CHAT, [BOT, GROUP, member("member")], TryEnd.PUBLISHED, "may post in “Team”"),
    (Telegram(), CHAT, [BOT, GROUP, member("restricted")], TryEnd.REJECTED, "may not post in “Team”"),
    (
        Telegram(),
        CHAT,
        [BOT, GROUP, member("restricted", can_send_messages=True)],
        TryEnd.PUBLISHED,
        "may post in “Team”",
    ),
    (Telegram(), CHAT, [Response(status=401, body={"ok": False, "description": "Unauthorized"})], TryEnd.AUTH, "token"),
    (
        Telegram(),
        CHAT,
        [ok({"ok": True, "result": {"id": 1}}), Response(status=403, body={"ok": False, "description": "Forbidden"})],
        TryEnd.REJECTED,
        "may not post there",
    ),
    (
        Telegram(),
        CHAT,
        [ok({"ok": True, "result": {"id": 1}}), Response(status=400, body={"ok": False, "description": "not found"})],
        TryEnd.REJECTED,
        "not found",
    ),
    (Telegram(), CHAT, [Response(status=502, body="")], TryEnd.NOT_SENT, ""),
    (Bluesky(), AUTHOR, [ok({"accessJwt": "j", "handle": "ada.example"})], TryEnd.PUBLISHED, "ada.example"),
    (Bluesky(), AUTHOR, [ok({"accessJwt": "j", "handle": "handle.invalid"})], TryEnd.PUBLISHED, "did:plc:ada"),
    (Bluesky(), AUTHOR, [Response(status=401, body={"error": "AuthenticationRequired"})], TryEnd.AUTH, "app password"),
    (Bluesky(), AUTHOR, [Response(status=401, body={"error": "AccountTakedown"})], TryEnd.REJECTED, "taken this"),
    (Bluesky(), AUTHOR, [Response(status=429, body={"error": "RateLimitExceeded"})], TryEnd.THROTTLED, "slow down"),
    (Bluesky(), AUTHOR, [Response(status=500, body="")], TryEnd.NOT_SENT, ""),
]


@pytest.mark.parametrize(("channel", "account", "answers", "ended", "said"), ANSWERS)
def test_an_answer_is_read_as_what_it_says_of_the_account(
    converse: Converse, channel: CheckableChannel, account: Account, answers: list[Response], ended: TryEnd, said: str
) -> None:
    _, outcome = converse(channel.check(account), *answers)
    assert outcome.ended is ended
    assert said in outcome.sentence


@pytest.mark.parametrize(("channel", "account", "answers", "ended", "said"), ANSWERS)
def test_nothing_that_is_asked_can_be_seen_by_the_public(
    converse: Converse,
    channel: CheckableChannel,
    account: Account,
    answers: list[Response],
    ended: TryEnd,  # noqa: ARG001
    said: str,  # noqa: ARG001
) -> None:
    requests, _ = converse(channel.check(account), *answers)
    assert not any(request.publishes for request in requests)
    assert account.token.reveal() not in repr(requests)
    assert all(request.total_timeout <= 10 for request in requests)


IDENTITIES = [
    (Facebook(), PAGE, [ok({"id": "100", "name": "Ada's page"})], "100", "Ada's page"),
    (LinkedIn(), ORGANISATION, [ok({"id": 7, "localizedName": "Ada Ltd"})], "urn:li:organization:7", "Ada Ltd"),
    (Telegram(), CHAT, [BOT, NEWS, member("creator")], "-1001", "News"),
    (Bluesky(), AUTHOR, [ok({"accessJwt": "j", "did": "did:plc:ada", "handle": "ada.example"})], "did:plc:ada", "ada"),
    (
        Bluesky(),
        replace(AUTHOR, id="ada.example"),
        [ok({"accessJwt": "j", "did": "did:plc:ada", "handle": "ada.example"})],
        "did:plc:ada",
        "ada.example",
    ),
]


@pytest.mark.parametrize(("channel", "account", "answers", "id_", "title"), IDENTITIES)
def test_the_network_says_who_an_account_is(
    converse: Converse, channel: CheckableChannel, account: Account, answers: list[Response], id_: str, title: str
) -> None:
    _, outcome = converse(channel.check(account), *answers)
    assert outcome.network_id == id_
    assert title in outcome.title


def test_a_deactivated_account_is_told_though_it_opens_sessions(converse: Converse) -> None:
    answer = ok({"accessJwt": "j", "did": "did:plc:ada", "handle": "ada.example", "active": False})
    _, outcome = converse(Bluesky().check(AUTHOR), answer)
    assert (outcome.ended, outcome.code) == (TryEnd.REJECTED, "deactivated")


TYPED = [
    ("facebook", "100000000000001", "100000000000001"),
    ("facebook", " https://www.facebook.com/profile.php?id=100000000000001 ", "100000000000001"),
    ("linkedin", "https://www.linkedin.com/company/1001/admin/", "urn:li:organization:1001"),
    ("linkedin", "1001", "urn:li:organization:1001"),
    ("linkedin", "urn:li:person:AbC-1_x", "urn:li:person:AbC-1_x"),
    ("telegram", "@ada_news", "@ada_news"),
    ("telegram", "ada_news", "@ada_news"),
    ("telegram", "https://t.me/ada_news", "@ada_news"),
    ("telegram", "-1001234567890", "-1001234567890"),
    ("bluesky", "@Alice.Test", "alice.test"),
    ("bluesky", "https://bsky.app/profile/alice.test", "alice.test"),
    ("bluesky", "did:plc:AbC", "did:plc:AbC"),
    ("bluesky", "ada@example.com", "ada@example.com"),
    ("webhook", "Our intranet", "Our intranet"),
]


@pytest.mark.parametrize(("network", "text", "id_"), TYPED)
def test_what_people_type_becomes_the_networks_own_form(network: str, text: str, id_: str) -> None:
    channel = CHANNELS[network]
    assert channel.account_ids.read(text, network=channel.title) == id_


@pytest.mark.parametrize(
    ("network", "text"),
    [
        ("facebook", "Ada's page"),
        ("facebook", "https://www.facebook.com/adas.page"),
        ("linkedin", "urn:li:company:1"),
        ("linkedin", "https://www.linkedin.com/company/ada-ltd"),
        ("telegram", "-100 12"),
        ("telegram", "@a\x1b[31m"),
        ("bluesky", "ada"),
        ("bluesky", "ada example.com"),
        ("webhook", "a\x1b[31m"),
        ("webhook", "a" * 201),
    ],
)
def test_what_is_no_account_is_refused_in_words(network: str, text: str) -> None:
    channel = CHANNELS[network]
    with pytest.raises(InvalidInputError, match="is no account of"):
        channel.account_ids.read(text, network=channel.title)


@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_the_sandboxs_own_account_and_the_examples_have_the_networks_form(channel: Channel) -> None:
    names = [channel.sandbox_account.id, *channel.account_examples.values()]
    assert [channel.account_ids.read(name, network=channel.title) for name in names] == names
    assert channel.wrong_token(Secret(channel.sandbox_account.token(bytes(32)))) == ""


@pytest.mark.parametrize(
    ("network", "token"),
    [
        ("telegram", "x"),
        ("webhook", "secret"),
        ("webhook", "whsec_x"),
        ("webhook", "whsec_" + "QUFB" * 7 + " whsec_!"),
        ("webhook", "whsec_QUFB"),
    ],
)
def test_what_can_be_no_token_is_told_before_anything_is_asked(network: str, token: str) -> None:
    assert CHANNELS[network].wrong_token(Secret(token)) != ""


def test_a_token_of_no_bots_form_is_not_sent_at_all(converse: Converse) -> None:
    requests, outcome = converse(Telegram().check(Account(id="@news", base_url="https://x", token=Secret("oops"))))
    assert requests == []
    assert outcome.ended is TryEnd.AUTH


def test_every_network_but_webhooks_can_be_asked_and_linkedin_alone_renews_tokens() -> None:
    assert {name for name, channel in CHANNELS.items() if not isinstance(channel, CheckableChannel)} == {"webhook"}
    assert {name for name, channel in CHANNELS.items() if isinstance(channel, Refreshable)} == {"linkedin"}


def test_bluesky_elsewhere_is_an_address_that_the_guard_judges(converse: Converse) -> None:
    elsewhere = Account(id="ada", base_url="https://pds.example.com", token=AUTHOR.token)
    guarded = [converse(Bluesky().check(one), ok({"accessJwt": "j"}))[0][0].user_given for one in (AUTHOR, elsewhere)]
    assert guarded == [False, True]


def test_linkedin_gives_a_new_token_for_its_refresh_token(converse: Converse) -> None:
    (request,), renewal = converse(
        LinkedIn().renew(ORGANISATION, CREDENTIALS), ok({"access_token": "new", "expires_in": 5_184_000})
    )
    assert request.url == "https://www.linkedin.com/oauth/v2/accessToken"
    assert request.raw == (
        b"grant_type=refresh_token&refresh_token=very-secret-refresh_token"
        b"&client_id=very-secret-client_id&client_secret=very-secret-client_secret"
    )
    assert "very-secret" not in repr(request)
    assert (renewal.token, renewal.lasts, renewal.credentials) == (Secret("new"), timedelta(days=60), {})


def test_a_refresh_token_that_changed_is_kept(converse: Converse) -> None:
    answer = ok({"access_token": "new", "refresh_token": "next"})
    _, renewal = converse(LinkedIn().renew(ORGANISATION, CREDENTIALS), answer)
    assert (renewal.lasts, renewal.credentials) == (None, {"refresh_token": Secret("next")})


@pytest.mark.parametrize(
    ("answer", "ended"),
    [
        (Response(status=400, body={"error_description": "bad token"}), TryEnd.AUTH),
        (Response(status=401, body={}), TryEnd.AUTH),
        (Response(status=429, body={}), TryEnd.THROTTLED),
        (Response(status=500, body="oops"), TryEnd.NOT_SENT),
        (ok({"expires_in": 1}), TryEnd.NOT_SENT),
        (ok([]), TryEnd.NOT_SENT),
    ],
)
def test_without_a_new_token_it_says_why(converse: Converse, answer: Response, ended: TryEnd) -> None:
    _, renewal = converse(LinkedIn().renew(ORGANISATION, CREDENTIALS), answer)
    assert (renewal.token, renewal.outcome.ended) == (None, ended)
    assert renewal.outcome.sentence
