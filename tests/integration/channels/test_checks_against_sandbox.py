"""What a test asks each network, driver and HTTP against the sandbox, which knows whose every token is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import urllib3

from omnipub.adapters.http.client import HttpClient
from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Account, Secret
from omnipub.domain.delivery.outcome import NOT_TOLD, Outcome, TryEnd
from omnipub.sandbox.http_server import SandboxServer
from omnipub.services.accounts.check import CheckableChannel
from omnipub.services.protocol.driver import Driver

ACCOUNTS = {
    "bluesky": ("did:plc:ewvi7nxzyoun6zhxrhs64oiz", "abcd-efgh-ijkl-mnop", "wrong-pass-word-here"),
    "facebook": ("100000000000001", "page-token", "another-token"),
    "linkedin": ("urn:li:organization:1001", "organisation-token", "another-token"),
    "telegram": ("@omnipub", f"110201543:{'a' * 35}", f"110201544:{'b' * 35}"),
}


class WallClock:
    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep_until(self, moment: datetime) -> None:
        raise AssertionError(f"the driver does not sleep until {moment}")


class Silent:
    def note(self, event: str, **facts: Any) -> None:
        pass


@pytest.fixture
def url(tmp_path: Path) -> Iterator[str]:
    server = SandboxServer(tmp_path)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
    thread.start()
    for network, (account, token, _) in ACCOUNTS.items():
        body = {"network": network, "account": account, "token": token}
        assert urllib3.request("POST", f"{server.url}/_sandbox/accounts", json=body).status == 201
    yield server.url
    server.shutdown()
    server.server_close()
    thread.join()


def check(url: str, network: str, token: str, account: str = "") -> Outcome:
    send = HttpClient(allowed_origins=[url], only_allowed=True)
    driver = Driver(
        send=send,
        media=dict[str, bytes]().__getitem__,
        clock=WallClock(),
        journal=Silent(),
        longest=timedelta(seconds=5),
    )
    channel = CHANNELS[network]
    assert isinstance(channel, CheckableChannel)
    whose = Account(id=account or ACCOUNTS[network][0], base_url=f"{url}/{network}", token=Secret(token))
    return driver.publish(
        channel.check(whose), secrets=whose.secrets, lease_until=datetime.now(UTC) + timedelta(minutes=10), ids=None
    )


@pytest.mark.parametrize("network", ACCOUNTS)
def test_a_token_that_works_is_known(network: str, url: str) -> None:
    assert check(url, network, ACCOUNTS[network][1]).ended is TryEnd.PUBLISHED


@pytest.mark.parametrize("network", ACCOUNTS)
def test_a_token_that_is_unknown_has_ended(network: str, url: str) -> None:
    assert check(url, network, ACCOUNTS[network][2]).ended is TryEnd.AUTH


@pytest.mark.parametrize("network", ["facebook", "linkedin", "telegram"])
def test_a_token_of_another_account_is_not_allowed(network: str, url: str) -> None:
    other = {"facebook": "200", "linkedin": "urn:li:organization:2", "telegram": "@elsewhere"}[network]
    token = {"telegram": f"110201545:{'c' * 35}"}.get(network, "other-token")
    body = {"network": network, "account": other, "token": token}
    assert urllib3.request("POST", f"{url}/_sandbox/accounts", json=body).status == 201
    outcome = check(url, network, token)
    # LinkedIn's refusal to say who a token is says nothing about publishing.
    told = {"linkedin": (TryEnd.NOT_SENT, NOT_TOLD)}.get(network, (TryEnd.REJECTED, outcome.code))
    assert (outcome.ended, outcome.code) == told


def test_a_member_is_known_by_the_token(url: str) -> None:
    body = {"network": "linkedin", "account": "urn:li:person:ada", "token": "member-token"}
    assert urllib3.request("POST", f"{url}/_sandbox/accounts", json=body).status == 201
    assert check(url, "linkedin", "member-token", "urn:li:person:ada").ended is TryEnd.PUBLISHED
    assert check(url, "linkedin", "member-token", "urn:li:person:eve").ended is TryEnd.REJECTED


@pytest.mark.parametrize("network", ACCOUNTS)
def test_a_test_leaves_nothing_behind(network: str, url: str) -> None:
    check(url, network, ACCOUNTS[network][1])
    assert urllib3.request("GET", f"{url}/_sandbox/posts?network={network}").json()["posts"] == []
