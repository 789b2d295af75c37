"""LinkedIn's tokens: they end, and a refresh token gets another one, once."""

from dataclasses import replace
from urllib.parse import urlencode

import pytest

from integration.sandbox.driver import Author, Reply

RENEWAL = {"refresh_token": "refresh-1", "client_id": "app", "client_secret": "secret", "expires_in": 60}
FORM = {"grant_type": "refresh_token", "refresh_token": "refresh-1", "client_id": "app", "client_secret": "secret"}
TYPED = {"Content-Type": "application/x-www-form-urlencoded"}


def opened(author: Author, **more: object) -> Reply:
    body = {"network": author.network, "account": author.account, "token": author.token, "renewal": RENEWAL | more}
    return author.sandbox.send("POST", "/_sandbox/accounts", body)


def expire(author: Author) -> Reply:
    return author.sandbox.send("POST", "/_sandbox/expire", {"network": author.network, "account": author.account})


def ask(author: Author, **form: str) -> Reply:
    body = urlencode(FORM | form).encode()
    return author.sandbox.send("POST", "/linkedin/oauth/v2/accessToken", body, headers=TYPED)


@pytest.fixture
def author(organisation: Author) -> Author:
    assert opened(organisation).status == 201
    return organisation


def test_a_token_works_until_it_ends_and_says_so_then(author: Author) -> None:
    assert author.publish("before").status == 201
    assert expire(author).status == 200
    reply = author.publish("after")
    assert (reply.status, reply.json["code"]) == (401, "EXPIRED_ACCESS_TOKEN")
    assert [post["text"] for post in author.sandbox.posts()] == ["before"]


def test_a_refresh_token_gets_a_token_that_works_and_another_refresh_token(author: Author) -> None:
    expire(author)
    reply = ask(author)
    assert (reply.status, reply.json["expires_in"]) == (200, 60)
    renewed = replace(author, token=reply.json["access_token"])
    assert renewed.publish("after").status == 201
    assert ask(author, refresh_token=reply.json["refresh_token"]).status == 200
    assert renewed.publish("too late").status == 401


def test_a_refresh_token_works_once(author: Author) -> None:
    assert ask(author).status == 200
    reply = ask(author)
    assert (reply.status, reply.json["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    ("form", "status", "error"),
    [
        ({"refresh_token": "another"}, 400, "invalid_grant"),
        ({"client_secret": "another"}, 401, "invalid_client"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"scope": "more"}, 400, "invalid_request"),
    ],
)
def test_what_does_not_fit_gets_no_token_and_uses_nothing_up(
    author: Author, form: dict[str, str], status: int, error: str
) -> None:
    reply = ask(author, **form)
    assert (reply.status, reply.json["error"]) == (status, error)
    assert ask(author).status == 200


def test_the_body_must_be_a_form(author: Author) -> None:
    reply = author.sandbox.send("POST", "/linkedin/oauth/v2/accessToken", FORM)
    assert (reply.status, reply.json["error"]) == (400, "invalid_request")


def test_an_answer_may_get_lost_after_the_token_was_replaced(author: Author) -> None:
    author.sandbox.order(network="linkedin", kind="error_after", endpoint="renew")
    assert ask(author).status == 500
    assert ask(author).status == 400
    assert author.publish("with the old one").status == 401


def test_an_account_that_is_opened_anew_has_what_it_was_opened_with(author: Author) -> None:
    expire(author)
    assert author.sandbox.open(author.network, author.account, author.token).status == 201
    assert author.publish("for ever").status == 201
    assert expire(author).status == 404
    assert ask(author).status == 401


def test_only_networks_that_renew_tokens_take_what_that_needs(author: Author) -> None:
    body = {"network": "telegram", "account": "@omnipub", "token": f"110201543:{'a' * 35}", "renewal": RENEWAL}
    assert author.sandbox.send("POST", "/_sandbox/accounts", body).status == 400
    assert opened(author, expires_in=0).status == 400
