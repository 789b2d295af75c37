"""Where requests may lead: user-given addresses to the public internet alone, a sandbox to itself alone."""

import socket
from typing import Any

import pytest

from omnipub.adapters.http.client import HttpClient
from omnipub.adapters.http.ssrf_guard import is_public, resolved
from omnipub.domain.conversation import Request
from omnipub.ports.http import NotSentError

PUBLIC = ("93.184.216.34", "1.1.1.1", "2606:4700::1111", "2a00:1450:4001:800::200e", "64:ff9b::5db8:d822")
INSIDE = (
    "127.0.0.1",
    "127.255.255.254",
    "0.0.0.0",  # noqa: S104 - an address to refuse
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.170.2",
    "100.64.0.1",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "203.0.113.7",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::127.0.0.1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::1",
    "2002:a9fe:a9fe::1",
    "2001::1",
    "2001:db8::1",
    "3fff::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "2606:4700::1111%eth0",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "not an address",
    "",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize("address", INSIDE)
def test_every_other_address_is_not(address: str) -> None:
    assert not is_public(address)


class Dials:
    """Stands where TCP connections are made: notes who would be called, and lets nobody through."""

    def __init__(self) -> None:
        self.called: list[tuple[str, int]] = []

    def __call__(self, address: tuple[str, int], *_: Any, **__: Any) -> socket.socket:
        self.called.append(address)
        raise ConnectionRefusedError


@pytest.fixture(autouse=True)
def dials(monkeypatch: pytest.MonkeyPatch) -> Dials:
    dials = Dials()
    monkeypatch.setattr("urllib3.connection.connection.create_connection", dials)
    return dials


def no_media(key: str) -> bytes:
    raise KeyError(key)


def send(url: str, *addresses: str, user_given: bool = True, **more: Any) -> None:
    request = Request(method="POST", url=url, json={}, publishes=True, user_given=user_given)
    HttpClient(resolve=lambda _host, _port: list(addresses), **more).send(request, no_media)


@pytest.mark.parametrize("address", INSIDE)
def test_a_user_given_name_that_leads_inside_is_not_called(address: str, dials: Dials) -> None:
    with pytest.raises(NotSentError, match="public internet"):
        send("https://hooks.example/in", address)
    assert dials.called == []


def test_of_several_addresses_only_the_public_ones_are_called(dials: Dials) -> None:
    with pytest.raises(NotSentError, match="reached"):
        send("https://hooks.example/in", "127.0.0.1", *PUBLIC[:2], "::1", PUBLIC[2])
    assert dials.called == [(address, 443) for address in PUBLIC[:3]]


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "2130706433", "0x7f000001", "0177.0.0.1", "127.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0"],
)
def test_no_spelling_of_this_machine_gets_through(host: str, dials: Dials) -> None:
    request = Request(method="POST", url=f"https://{host}/in", json={}, user_given=True)
    with pytest.raises(NotSentError):
        HttpClient(resolve=resolved).send(request, no_media)
    assert dials.called == []


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/in",
        "ftp://hooks.example/in",
        "file:///etc/passwd",
        "//hooks.example/in",
        "hooks.example/in",
        "https://",
        "https:///in",
        "",
        "https://user@hooks.example/in",
        "https://user:secret-word@hooks.example/in",
        "https://hooks.example:22/in",
        "https://hooks.example:80/in",
        "https://hooks.example:0/in",
        "https://hooks.example:99999/in",
        "https://bücher.example/in",
    ],
)
def test_a_user_given_address_of_another_form_is_refused(url: str, dials: Dials) -> None:
    with pytest.raises(NotSentError) as caught:
        send(url, PUBLIC[0])
    assert dials.called == []
    assert "secret-word" not in str(caught.value)


@pytest.mark.parametrize("port", [443, 8443])
def test_a_user_given_address_may_use_the_ports_of_https(port: int, dials: Dials) -> None:
    with pytest.raises(NotSentError, match="reached"):
        send(f"https://hooks.example:{port}/in", PUBLIC[0])
    assert dials.called == [(PUBLIC[0], port)]


def test_a_networks_own_address_needs_https_but_no_guard(dials: Dials) -> None:
    with pytest.raises(NotSentError, match="encryption"):
        send("http://graph.example/v1", "10.0.0.1", user_given=False)
    assert dials.called == []
    with pytest.raises(NotSentError, match="reached"):
        send("https://graph.example:4443/v1", "10.0.0.1", user_given=False)
    assert dials.called == [("10.0.0.1", 4443)]


def test_an_allowed_origin_needs_neither_https_nor_a_public_address(dials: Dials) -> None:
    with pytest.raises(NotSentError, match="reached"):
        send("http://127.0.0.1:4000/webhook/hook-1", "127.0.0.1", allowed_origins={"http://127.0.0.1:4000"})
    assert dials.called == [("127.0.0.1", 4000)]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:4001/",
        "https://127.0.0.1:4000/",
        "http://localhost:4000/",
        "http://127.0.0.1:40000/",
        "http://127.0.0.1:4000@elsewhere.example/",
    ],
)
def test_an_allowed_origin_allows_nothing_beside_itself(url: str, dials: Dials) -> None:
    with pytest.raises(NotSentError):
        send(url, "127.0.0.1", allowed_origins={"http://127.0.0.1:4000"})
    assert dials.called == []


def test_an_origin_is_the_same_with_and_without_its_usual_port(dials: Dials) -> None:
    with pytest.raises(NotSentError, match="reached"):
        send("https://inside.example/in", "10.0.0.1", allowed_origins={"https://INSIDE.example:443"})
    assert dials.called == [("10.0.0.1", 443)]


@pytest.mark.parametrize("user_given", [True, False])
def test_a_sandbox_sends_nothing_to_live_networks(*, user_given: bool, dials: Dials) -> None:
    sandbox: dict[str, Any] = {"allowed_origins": {"http://127.0.0.1:4000"}, "only_allowed": True}
    with pytest.raises(NotSentError, match=r"sandbox: it sends nothing to graph\.facebook\.com"):
        send("https://graph.facebook.com/v26.0/me/feed", PUBLIC[0], user_given=user_given, **sandbox)
    assert dials.called == []
