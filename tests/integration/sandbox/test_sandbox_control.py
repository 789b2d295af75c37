"""The control plane: accounts and records."""

import time

import pytest

from integration.sandbox.driver import SECRET, Author, Page, Sandbox


def test_accounts_are_listed_without_their_tokens(page: Page) -> None:
    reply = page.sandbox.send("GET", "/_sandbox/accounts")
    assert reply.json == {"accounts": [{"network": "facebook", "account": page.account}]}


def test_opening_an_account_again_gives_it_the_new_token(page: Page) -> None:
    assert page.sandbox.open("facebook", page.account, "new-token").status == 201
    assert page.publish("x").status == 400
    assert Page(page.sandbox, token="new-token").publish("x").status == 200


@pytest.mark.parametrize(
    ("account", "named"),
    [
        ({"network": "facebook", "account": "1"}, "token"),
        ({"network": "myspace", "account": "1", "token": "t"}, "facebook, linkedin, webhook"),
        ({"network": "facebook", "account": "a/b", "token": "t"}, "/account"),
        ({"network": "webhook", "account": "news", "token": "secret"}, "whsec_"),
        ({"network": "webhook", "account": "news", "token": SECRET, "url": "x"}, "/url"),
        ([], "object"),
    ],
)
def test_an_account_that_cannot_be_opened_is_told_why(sandbox: Sandbox, account: object, named: str) -> None:
    reply = sandbox.send("POST", "/_sandbox/accounts", account)
    assert reply.status == 400
    assert named in reply.json["error"]


def test_a_record_says_when_to_the_millisecond_and_what_was_sent(page: Page) -> None:
    before = time.time_ns() // 1_000_000
    page.post({"message": "x", "link": "https://example.org"})
    record = page.sandbox.posts()[0]
    assert before <= record["received_at"] <= time.time_ns() // 1_000_000
    assert record["sent"] == {"message": "x", "link": "https://example.org"}
    assert record["permalink"] == f"{page.sandbox.url}/posts/facebook/{record['id']}"


def test_records_are_chosen_by_network_account_and_limit(page: Page, organisation: Author, person: Author) -> None:
    for client in (page, organisation, person, page):
        client.publish("x")
    accounts = [post["account"] for post in page.sandbox.posts("network=linkedin")]
    assert accounts == [person.account, organisation.account]
    assert len(page.sandbox.posts(f"account={page.account}")) == 2
    assert [post["account"] for post in page.sandbox.posts("limit=1")] == [page.account]
    assert page.sandbox.send("GET", "/_sandbox/posts?limit=x").status == 400
    assert page.sandbox.send("GET", "/_sandbox/posts?sort=x").status == 400


def test_an_unknown_path_names_the_known_ones(sandbox: Sandbox) -> None:
    reply = sandbox.send("GET", "/_sandbox/nothing")
    assert reply.status == 404
    assert "GET /_sandbox/count" in reply.json["error"]


def test_a_chunked_body_is_read_like_any_other(page: Page) -> None:
    body = b'{"message": "in pieces"}'
    with page.sandbox.connect() as line:
        line.sendall(
            f"POST /facebook/v26.0/{page.account}/feed HTTP/1.1\r\nHost: {page.sandbox.host}\r\n"
            f"Authorization: Bearer {page.token}\r\nContent-Type: application/json\r\n"
            f"Transfer-Encoding: chunked\r\n\r\n{len(body):x}\r\n".encode()
            + body
            + b"\r\n0\r\n\r\n"
        )
        assert line.recv(1000).startswith(b"HTTP/1.1 200 ")
    assert [post["text"] for post in page.sandbox.posts()] == ["in pieces"]


def test_one_connection_carries_many_requests(page: Page) -> None:
    with page.sandbox.connect() as line:
        for _ in range(3):
            line.sendall(f"GET /_sandbox/accounts HTTP/1.1\r\nHost: {page.sandbox.host}\r\n\r\n".encode())
            assert line.recv(1000).startswith(b"HTTP/1.1 200 ")
