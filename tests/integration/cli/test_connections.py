"""Accounts from connecting to disconnecting, over a data directory and, where asked, a sandbox as a data server."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import urllib3

from omnipub.config import Mode
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER, SEED_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.sandbox.http_server import SandboxServer
from omnipub.storage import keys
from omnipub.storage.items import delivery_of
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine

Run = Callable[..., Any]

ID = {"bluesky": "ada.example.com", "facebook": "1"}
PASSWORD = "abcd-efgh-ijkl-mnop"
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def give(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))

    return give


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A data server of Bluesky's on this machine, with one account."""
    running = SandboxServer(tmp_path / "pds")
    thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
    thread.start()
    account = {"network": "bluesky", "account": DID, "token": PASSWORD}
    assert urllib3.request("POST", f"{running.url}/_sandbox/accounts", json=account).status == 201
    yield running.url
    running.shutdown()
    running.server_close()
    thread.join()


@pytest.fixture
def ours(run: Run, server: str, given: Callable[[str], None]) -> str:
    """That account, connected."""
    given(PASSWORD)
    where = f"{server}/bluesky"
    ran = run("connections", "connect", "bluesky:ours", "--account", DID, "--url", where, "--token-stdin", "-q")
    assert (ran.code, ran.out) == (0, "bluesky:ours\n"), ran.err
    return where


def schedule(run: Run, channel: str, text: str = "Hello") -> None:
    ran = run("messages", "create", text, "--to", channel, "--at", "2027-12-01T09:00", "--zone", "UTC", "-q")
    assert ran.code == 0, ran.err


@pytest.mark.usefixtures("ours")
def test_a_data_server_on_this_machine_is_asked_and_published_on_from_a_sandbox(run: Run) -> None:
    ran = run("connections", "test", "bluesky:ours", "--json")
    assert ran.code == 0
    (verdict,) = ran.json["connections"]
    assert (verdict["verdict"], verdict["next"]) == ("ok", None)


def test_an_app_password_that_was_revoked_counts_as_expired_and_says_how_to_give_a_new_one(
    run: Run, ours: str, server: str
) -> None:
    changed = {"network": "bluesky", "account": DID, "token": "new-password"}
    urllib3.request("POST", f"{server}/_sandbox/accounts", json=changed)
    ran = run("connections", "test", "bluesky:ours")
    assert ran.code == 1
    assert ran.out.startswith("bluesky:ours\texpired\t")
    assert "omnipub connections connect bluesky:ours --account did:plc:" in ran.err
    assert PASSWORD not in ran.out + ran.err
    assert run("connections", "refresh", "bluesky:ours").code == 1
    assert ours.startswith("http://127.0.0.1")


def test_a_server_that_is_down_is_unreachable_and_that_is_another_code(run: Run, given: Callable[[str], None]) -> None:
    given(PASSWORD)
    run(
        "connections",
        "connect",
        "bluesky",
        "--account",
        DID,
        "--url",
        "http://127.0.0.1:9",
        "--unchecked",
        "--token-stdin",
    )
    ran = run("connections", "test", "bluesky")
    assert ran.code == 5
    assert ran.out.startswith("bluesky\tunreachable\t")


@pytest.mark.usefixtures("system")
def test_what_cannot_be_tested_says_so_and_is_no_failure(run: Run) -> None:
    ran = run("connections", "test", "webhook")
    assert ran.code == 0
    assert "webhook\tuntestable\twebhook-1\tWebhook cannot be tested without sending something." in ran.out


@pytest.mark.usefixtures("ours")
def test_a_refresh_of_what_works_again_lets_it_be_used(run: Run, data: Path) -> None:
    system = one_machine(open_data(data))
    connection = system.accounts.find(LOCAL_OWNER, "bluesky:ours")
    assert connection is not None
    system.accounts.hold(connection, reason="It was down.")
    system.close()
    assert "omnipub connections refresh bluesky:ours" in run("connections", "test", "bluesky:ours").err
    ran = run("connections", "refresh", "bluesky:ours", "--json")
    assert ran.code == 0
    assert (ran.json["verdict"], ran.json["renewed"], ran.json["released"]) == ("ok", False, 0)
    assert "bluesky:ours\tactive\t" in run("connections", "list").out


def test_the_list_tells_standing_end_and_what_is_held(run: Run, system: System) -> None:
    schedule(run, "facebook")
    connection = system.accounts.find(LOCAL_OWNER, "linkedin")
    assert connection is not None
    system.accounts.hold(connection, reason="The token expired.")
    (row,) = [line.split("\t") for line in run("connections", "list").out.splitlines() if line.startswith("linkedin")]
    assert (row[1], row[3], row[4], row[7]) == ("needs_owner", "", "0", "The token expired.")
    assert "omnipub connections test linkedin" in run("connections", "list").err


@pytest.mark.usefixtures("system")
def test_show_tells_everything_but_the_secret(run: Run, data: Path) -> None:
    schedule(run, "facebook")
    ran = run("connections", "show", "facebook", "--json")
    assert ran.code == 0
    assert (ran.json["token_opens"], ran.json["deliveries"]["scheduled"]) == (True, 1)
    assert ran.json["address"] == "https://graph.facebook.com"
    sealed = run("connections", "show", "facebook").out
    assert "v1." not in sealed
    (data / "vault.key").write_bytes(b"k" * 32)
    assert run("connections", "show", "facebook", "--json").json["token_opens"] is False


@pytest.mark.usefixtures("system")
def test_disconnecting_says_what_waits_and_asks(run: Run) -> None:
    schedule(run, "facebook", "One")
    schedule(run, "facebook", "Two")
    asked = run("connections", "disconnect", "facebook")
    assert asked.code == 2
    assert "Of its deliveries 2 scheduled will be held when due" in asked.err
    assert "--yes" in asked.err
    assert run("connections", "show", "facebook").code == 0
    done = run("connections", "disconnect", "facebook", "--yes", "--json")
    assert done.code == 0
    assert done.json == {
        "channel": "facebook",
        "account": "facebook-1",
        "deliveries": {"scheduled": 2, "held": 0, "publishing": 0},
        "all_counted": True,
    }
    assert run("connections", "show", "facebook").code == 3


@pytest.mark.parametrize(
    "arguments",
    [
        ("EAAB" + "x" * 40,),
        ("--token", "hunter2"),
        ("--token=hunter2",),
        ("--password", "hunter2"),
        ("--app-password=hunter2",),
        ("--title", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ4In0.abc"),
        ("--title", PASSWORD),
        ("110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw",),
        ("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",),
        ("hunter2",),
    ],
)
def test_a_token_among_the_arguments_is_refused_and_not_repeated(run: Run, arguments: tuple[str, ...]) -> None:
    ran = run("connections", "connect", "facebook", "--account", "1", *arguments)
    assert ran.code == 2
    assert "--token-stdin" in ran.err
    assert "omnipub" not in ran.out
    assert not any(one.partition("=")[2] in ran.err for one in arguments if "=" in one)
    assert not any(one in ran.err for one in arguments if not one.startswith("--"))


@pytest.mark.parametrize(
    ("channel", "url", "said"),
    [
        ("bluesky", "https://pds.example.com", "only servers on this machine"),
        ("bluesky", "http://localhost:2583", "only servers on this machine"),
        ("bluesky", "pds", "not a web address"),
        ("facebook", "http://127.0.0.1:1", "has an address of its own"),
    ],
)
def test_a_sandbox_takes_loopback_addresses_only(
    run: Run, given: Callable[[str], None], channel: str, url: str, said: str
) -> None:
    given("secret")
    ran = run("connections", "connect", channel, "--account", ID[channel], "--url", url, "--token-stdin")
    assert ran.code == 2
    assert said in ran.err


@pytest.mark.parametrize("more", [("--ends", "2027-01-01"), ("--renewable",)])
def test_what_the_sandbox_makes_itself_neither_ends_nor_is_renewed(run: Run, more: tuple[str, ...]) -> None:
    ran = run("connections", "connect", "linkedin", "--account", "1001", *more)
    assert ran.code == 2
    assert "The sandbox makes its tokens itself" in ran.err


class TestLive:
    """The same where posts are real."""

    @pytest.fixture(autouse=True)
    def live(self, data: Path) -> None:
        open_data(data, mode=Mode.LIVE)

    def test_a_data_server_elsewhere_is_taken_by_its_origin(self, run: Run, given: Callable[[str], None]) -> None:
        given(PASSWORD)
        where = "https://pds.example.com/"
        ran = run(
            "connections",
            "connect",
            "bluesky",
            "--account",
            "ada.example.com",
            "--url",
            where,
            "--unchecked",
            "--token-stdin",
        )
        assert ran.code == 0
        assert run("connections", "show", "bluesky", "--json").json["address"] == "https://pds.example.com"

    @pytest.mark.parametrize(
        ("url", "said"),
        [
            ("http://pds.example.com", "must be https"),
            ("https://127.0.0.1", "not an address on the public internet"),
            ("https://localhost", "not an address on the public internet"),
            ("https://169.254.169.254", "not an address on the public internet"),
            ("https://pds.example.com:2583", "only 443 and 8443"),
            ("https://ada:secret@pds.example.com", "user name or password"),
            ("https://pds.example.com/xrpc", "without a path"),
        ],
    )
    def test_an_address_that_could_never_be_sent_to_is_refused(
        self, run: Run, given: Callable[[str], None], url: str, said: str
    ) -> None:
        given(PASSWORD)
        ran = run("connections", "connect", "bluesky", "--account", "ada.example.com", "--url", url, "--token-stdin")
        assert ran.code == 2
        assert said in ran.err
        assert run("connections", "list", "-q").out == ""

    def test_the_end_of_a_token_and_its_renewal_are_noted(
        self, run: Run, given: Callable[[str], None], data: Path
    ) -> None:
        given("access\nrefresh-secret\nclient\nclient-secret\n")
        person = ("linkedin", "--account", "urn:li:person:1", "--unchecked")
        ran = run(
            "connections", "connect", *person, "--ends", "2099-01-01T00:00Z", "--renewable", "--token-stdin", "--json"
        )
        assert ran.code == 0
        assert (ran.json["ends_at"], ran.json["renewable"]) == ("2099-01-01T00:00:00.000Z", True)
        said = run("connections", "show", "linkedin", "--json").out + run("connections", "list").out
        secrets = ("refresh-secret", "client-secret")
        assert not any(secret in said for secret in secrets)
        files = [path.read_bytes() for path in data.rglob("*") if path.is_file()]
        assert not any(secret.encode() in found for secret in secrets for found in files)

    @pytest.mark.parametrize(
        ("channel", "stdin", "more", "said"),
        [
            ("facebook", "t", ("--renewable",), "no tokens that can be renewed"),
            ("facebook", "t", ("--ends", "2020-01-01"), "has ended already"),
            ("facebook", "t", ("--ends", "soon"), "is not a time for --ends"),
            ("facebook", "two words", (), "no spaces"),
            ("facebook", "two\nlines", (), "2 lines; wanted: 1"),
            ("linkedin", "only-the-token", ("--renewable",), "1 lines; wanted: 4"),
        ],
    )
    def test_what_does_not_fit_is_refused_and_nothing_is_connected(
        self, run: Run, given: Callable[[str], None], channel: str, stdin: str, more: tuple[str, ...], said: str
    ) -> None:
        given(stdin)
        ran = run("connections", "connect", channel, "--account", "1", *more, "--token-stdin")
        assert ran.code == 2
        assert said in ran.err
        assert run("connections", "list", "-q").out == ""


def test_the_accounts_of_somebody_else_are_looked_after_under_their_name(
    run: Run, server: str, given: Callable[[str], None]
) -> None:
    given(PASSWORD)
    place, whose = ("--url", f"{server}/bluesky"), ("--owner", "user-7")
    ran = run("connections", "connect", "bluesky", "--account", DID, *place, *whose, "--token-stdin", "--json")
    assert ran.code == 0, ran.err
    assert run("connections", "list", "--json").json["connections"] == []
    assert [one["channel"] for one in run("connections", "list", *whose, "--json").json["connections"]] == ["bluesky"]
    assert run("connections", "show", "bluesky").code == 3
    assert "--owner user-7" in run("connections", "show", "bluesky", *whose).err, "the hint can be typed as it stands"
    assert run("connections", "test", "bluesky", *whose).code == 0
    assert run("connections", "disconnect", "bluesky", *whose, "--yes").code == 0
    assert run("connections", "list", *whose, "--json").json["connections"] == []


def test_invented_messages_never_get_an_account(run: Run, server: str, given: Callable[[str], None]) -> None:
    given(PASSWORD)
    place = ("--url", f"{server}/bluesky")
    ran = run("connections", "connect", "bluesky", "--account", DID, *place, "--owner", SEED_OWNER, "--token-stdin")
    assert ran.code == 2
    assert "never has an account" in ran.err


@pytest.mark.usefixtures("server")
def test_a_network_is_asked_before_an_account_is_connected(run: Run, server: str, given: Callable[[str], None]) -> None:
    place = ("--url", f"{server}/bluesky")
    given("wrong-password")
    ran = run("connections", "connect", "bluesky", "--account", DID, *place, "--token-stdin")
    assert ran.code == 2
    assert "does not accept the app password" in ran.err
    assert "--unchecked" in ran.err
    given(PASSWORD)
    ran = run("connections", "connect", "bluesky", "--account", DID, "--url", "http://127.0.0.1:9", "--token-stdin")
    assert ran.code == 5
    assert run("connections", "list", "-q").out == ""
    given(PASSWORD)
    ran = run("connections", "connect", "bluesky", "--account", f"@{DID}", *place, "--token-stdin", "--json")
    assert (ran.code, ran.json["account"]) == (0, DID)


def test_one_account_under_two_spellings_is_one_account(run: Run, server: str, given: Callable[[str], None]) -> None:
    handle = {"network": "bluesky", "account": "ada.example.com", "token": PASSWORD}
    assert urllib3.request("POST", f"{server}/_sandbox/accounts", json=handle).status == 201
    place = ("--url", f"{server}/bluesky")
    given(PASSWORD)
    ran = run("connections", "connect", "bluesky", "--account", "@Ada.Example.com", *place, "--token-stdin", "--json")
    assert ran.code == 0, ran.err
    did = ran.json["account"]
    assert did.startswith("did:plc:")
    assert ran.json["title"] == "ada.example.com"
    given(PASSWORD)
    ran = run("connections", "connect", "bluesky:again", "--account", did, *place, "--token-stdin")
    assert ran.code == 4
    assert "already connected" in ran.err
    schedule(run, "bluesky")
    given(PASSWORD)
    again = run("connections", "connect", "bluesky", "--account", "ada.example.com", *place, "--token-stdin", "--json")
    assert (again.code, again.json["account"]) == (0, did), again.err


def test_an_account_that_was_connected_by_its_handle_moves_to_its_did_with_what_waits_for_it(
    run: Run, server: str, given: Callable[[str], None], data: Path
) -> None:
    handle = {"network": "bluesky", "account": "ada.example.com", "token": PASSWORD}
    assert urllib3.request("POST", f"{server}/_sandbox/accounts", json=handle).status == 201
    words = ("connections", "connect", "bluesky", "--account", "ada.example.com", "--url", f"{server}/bluesky")
    given(PASSWORD)
    before = run(*words, "--unchecked", "--token-stdin", "--json")
    assert (before.code, before.json["account"]) == (0, "ada.example.com"), before.err
    schedule(run, "bluesky")
    given(PASSWORD)
    after = run(*words, "--token-stdin", "--json")
    assert after.code == 0, after.err
    assert after.json["account"].startswith("did:plc:")
    system = one_machine(open_data(data))
    (message,) = run("messages", "list", "-q").out.split()
    item = system.world.table.get(keys.delivery(Parent(kind=ParentKind.MESSAGE, id=message), "bluesky"))
    assert item is not None
    bound = system.accounts.for_delivery(delivery_of(item))
    assert (item["account"], bound.account if bound else "") == ("ada.example.com", after.json["account"])
    system.close()
