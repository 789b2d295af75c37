"""Deleting posts again, over HTTP against the sandbox, which has the networks' own ways to delete."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import connect_all, control
from omnipub.sandbox.http_server import SandboxServer
from omnipub.sandbox.ledger import now_ms
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.enqueue import pointer_to
from omnipub.storage import keys
from omnipub.storage.items import plain_item
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine
from omnipub_cli.output.json_schemas import json_schema

from .test_commands import AHEAD, ANNOUNCE, PNG, misfits

Run = Callable[..., Any]

CAN_DELETE = ("bluesky", "facebook", "linkedin", "telegram")


@dataclass(frozen=True)
class Stage:
    """A system beside a sandbox; a message goes out when a test says so."""

    run: Run
    system: System
    url: str
    stop: Callable[[], None]

    def published(self, text: str = "Not for long", *more: str, to: str = ",".join(CAN_DELETE)) -> str:
        created = self.run("messages", "create", text, "--to", to, *more, "-q")
        assert created.code == 0, created.err
        id_: str = created.out.strip()
        for one in self.deliveries(id_):
            self.system.deliver.one(pointer_to(one, why="now", trace=""))
        assert {one.status.value for one in self.deliveries(id_)} == {"published"}
        return id_

    def deliveries(self, id_: str) -> tuple[Delivery, ...]:
        viewer = Viewer(owner=LOCAL_OWNER)
        return self.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=id_), viewer).deliveries

    def up(self) -> dict[str, int]:
        """Posts that the public sees, by network."""
        networks = control(self.url, "count")["networks"]
        return {name: sum(one["posts"] for one in accounts.values()) for name, accounts in networks.items()}

    def fault(self, network: str, kind: str, **more: Any) -> None:
        control(self.url, "faults", {"network": network, "kind": kind, "endpoint": "delete"} | more)

    def unpublish(self, id_: str, *arguments: str, code: int = 0) -> dict[str, tuple[str, str]]:
        """Channel → its result and the sentence."""
        ran = self.run("messages", "unpublish", id_, "--yes", "--json", *arguments)
        assert ran.code == code, ran.err
        assert misfits(ran.json, json_schema("messages unpublish")) == []
        return {one["channel"]: (one["result"], one["sentence"] or "") for one in ran.json["results"]}


@pytest.fixture
def stage(data: Path, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stage]:
    server = SandboxServer(tmp_path / "sandbox")
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.002}, daemon=True)
    thread.start()
    monkeypatch.setenv("OMNIPUB_SANDBOX_URL", server.url)
    monkeypatch.setenv("OMNIPUB_REQUEST_TIMEOUT", "2")
    system = one_machine(open_data(data))
    system.gate.enter()
    connect_all(system, server.url)

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    yield Stage(run, system, server.url, stop)
    system.close()
    if thread.is_alive():
        stop()


def test_every_network_that_can_deletes_its_post_and_the_delivery_stays_published(stage: Stage) -> None:
    id_ = stage.published()
    assert {name: stage.up()[name] for name in CAN_DELETE} == dict.fromkeys(CAN_DELETE, 1)
    assert stage.unpublish(id_) == dict.fromkeys(CAN_DELETE, ("deleted", ""))
    assert {name: stage.up()[name] for name in CAN_DELETE} == dict.fromkeys(CAN_DELETE, 0)
    for one in stage.deliveries(id_):
        assert one.status.value == "published"
        assert one.unpublished is not None
        assert one.unpublished.by == LOCAL_OWNER


def test_show_tells_that_it_was_published_and_then_deleted(stage: Stage) -> None:
    id_ = stage.published(to="facebook")
    assert stage.run("messages", "show", id_, "--json").json["deliveries"][0]["unpublished"] is None
    stage.unpublish(id_)
    shown = stage.run("messages", "show", id_, "--json").json
    assert misfits(shown, json_schema("messages show")) == []
    assert shown["status"] == "published"
    assert shown["deliveries"][0]["unpublished"]["by"] == LOCAL_OWNER
    told = stage.run("messages", "show", id_, "--utc").out
    assert "published, " in told
    assert f"deleted there, by {LOCAL_OWNER}" in told


def test_a_list_tells_that_posts_were_deleted_since(stage: Stage) -> None:
    some, all_ = stage.published("Some", to="facebook,telegram"), stage.published("All", to="facebook")
    stage.run("messages", "unpublish", all_, "--yes")
    stage.run("messages", "unpublish", some, "--channel", "facebook", "--yes")
    rows = [line.split("\t")[:2] for line in stage.run("messages", "list").out.splitlines()]
    assert rows == [[all_, "published, deleted"], [some, "published, 1 deleted"]]


def test_doing_it_again_asks_no_network_and_is_no_error(stage: Stage) -> None:
    id_ = stage.published()
    stage.unpublish(id_)
    for network in CAN_DELETE:
        stage.fault(network, "error_before")
    again = stage.unpublish(id_)
    assert {result for result, _ in again.values()} == {"gone"}
    assert all(f"by {LOCAL_OWNER}" in sentence for _, sentence in again.values())
    assert stage.run("messages", "unpublish", id_).code == 0, "nothing is deleted, so nobody is asked"


@pytest.mark.parametrize("network", ["bluesky", "facebook", "telegram"])
def test_a_post_that_somebody_else_deleted_is_gone(network: str, stage: Stage) -> None:
    id_ = stage.published(to=network)
    (delivery,) = stage.deliveries(id_)
    connection = stage.system.accounts.for_delivery(delivery)
    assert connection is not None
    account = stage.system.accounts.open(connection)
    talk = stage.system.channels[network].delete(delivery.network_id, account)
    until = stage.system.world.clock.now() + timedelta(minutes=5)
    stage.system.deliver.driver.publish(talk, secrets=account.secrets, lease_until=until, ids=None)
    assert stage.unpublish(id_)[network][0] == "gone"
    assert stage.deliveries(id_)[0].unpublished is not None


def test_all_messages_of_an_album_are_deleted(stage: Stage, tmp_path: Path) -> None:
    pictures = []
    for number in range(3):
        (tmp_path / f"{number}.png").write_bytes(PNG + bytes([number]))
        pictures += ["--image", str(tmp_path / f"{number}.png")]
    id_ = stage.published("Look", *pictures, to="telegram")
    assert stage.deliveries(id_)[0].network_id.count(",") == 2
    stage.unpublish(id_)
    assert stage.up()["telegram"] == 0


def test_an_album_whose_deletion_broke_off_is_finished_by_doing_it_again(stage: Stage, tmp_path: Path) -> None:
    pictures = []
    for number in range(2):
        (tmp_path / f"{number}.png").write_bytes(PNG + bytes([number]))
        pictures += ["--image", str(tmp_path / f"{number}.png")]
    id_ = stage.published("Look", *pictures, to="telegram")
    stage.fault("telegram", "error_after")
    assert stage.unpublish(id_, code=1)["telegram"][0] == "unclear"
    assert stage.up()["telegram"] == 1, "the album's second message still stands"
    assert stage.unpublish(id_)["telegram"][0] == "deleted"
    assert stage.up()["telegram"] == 0


def test_telegram_keeps_what_is_older_than_48_hours_and_says_where_it_is(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = stage.published(to="telegram")
    later = now_ms() + 49 * 3600 * 1000
    monkeypatch.setattr("omnipub.sandbox.networks.telegram.endpoints.now_ms", lambda: later)
    ran = stage.run("messages", "unpublish", id_, "--yes")
    assert ran.code == 1
    channel, result, _, why = ran.out.rstrip("\n").split("\t")
    assert (channel, result) == ("telegram", "kept")
    assert "48 hours" in why
    assert stage.deliveries(id_)[0].permalink in ran.err
    assert stage.deliveries(id_)[0].unpublished is None


def test_a_webhooks_delivery_cannot_be_taken_back_and_keeps_no_other_from_being_deleted(stage: Stage) -> None:
    id_ = stage.published(to="webhook,facebook")
    results = stage.unpublish(id_, code=1)
    assert results["webhook"] == ("kept", "What a webhook has delivered cannot be deleted.")
    assert results["facebook"] == ("deleted", "")
    assert stage.up()["webhook"] == 1


def test_only_the_channels_named_are_deleted(stage: Stage) -> None:
    id_ = stage.published(to="facebook,linkedin")
    assert set(stage.unpublish(id_, "--channel", "linkedin")) == {"linkedin"}
    assert (stage.up()["facebook"], stage.up()["linkedin"]) == (1, 0)


@pytest.mark.parametrize(
    ("kind", "result", "left"),
    [
        ("error_before", "unclear", 1),
        ("error_after", "unclear", 0),
        ("reset_after", "unclear", 0),
        ("throttle", "not_done", 1),
        ("expired_token", "not_done", 1),
    ],
)
@pytest.mark.parametrize("network", ["facebook", "linkedin"])
def test_what_is_not_known_to_be_deleted_says_so_and_is_done_by_doing_it_again(
    network: str, kind: str, result: str, left: int, stage: Stage
) -> None:
    id_ = stage.published(to=network)
    stage.fault(network, kind)
    assert stage.unpublish(id_, code=1)[network][0] == result
    assert stage.up()[network] == left
    assert stage.deliveries(id_)[0].unpublished is None
    assert stage.unpublish(id_)[network][0] in {"deleted", "gone"}
    assert stage.up()[network] == 0


def test_a_try_that_may_be_repeated_names_the_command(stage: Stage) -> None:
    id_ = stage.published(to="facebook,linkedin")
    stage.fault("facebook", "error_before")
    ran = stage.run("messages", "unpublish", id_, "--yes")
    assert ran.code == 1
    assert f"omnipub messages unpublish {id_} --channel facebook --data " in ran.err
    assert stage.run("messages", "unpublish", id_, "--yes", "-q").out == f"{id_}\n"


def test_what_is_not_published_is_not_deleted_and_nothing_else_either(stage: Stage) -> None:
    id_ = stage.run("messages", "create", "Later", "--to", "facebook", *AHEAD, "-q").out.strip()
    ran = stage.run("messages", "unpublish", id_, "--yes")
    assert ran.code == 4
    assert "facebook is scheduled" in ran.err
    assert f"omnipub messages cancel {id_} --channel facebook" in ran.err
    assert stage.run("messages", "unpublish", id_, "--channel", "linkedin", "--yes").code == 3


def test_it_is_asked_once_before_anything_is_deleted(stage: Stage, type_: Callable[[str], None]) -> None:
    id_ = stage.published(to="facebook,linkedin")
    refused = stage.run("messages", "unpublish", id_)
    assert refused.code == 2
    assert "This asks facebook, linkedin to delete 2 posts" in refused.err
    assert "--yes" in refused.err
    type_("n")
    assert stage.run("messages", "unpublish", id_).code == 130
    assert (stage.up()["facebook"], stage.up()["linkedin"]) == (1, 1)
    type_("y")
    assert stage.run("messages", "unpublish", id_).code == 0
    assert (stage.up()["facebook"], stage.up()["linkedin"]) == (0, 0)


def test_a_copy_of_the_table_deletes_nothing(stage: Stage) -> None:
    id_ = stage.published(to="facebook")
    stage.system.world.table.put(plain_item(keys.gate(), identity="elsewhere", epoch=1, version=1))
    assert stage.run("messages", "unpublish", id_, "--yes").code == 4
    assert stage.up()["facebook"] == 1


def test_a_paused_account_may_still_take_back(stage: Stage) -> None:
    id_ = stage.published(to="facebook")
    assert stage.run("pause", "everything", "--reason", "Wrong price").code == 0
    assert stage.unpublish(id_)["facebook"][0] == "deleted"


def test_a_certifications_posts_are_deleted_too(stage: Stage) -> None:
    id_ = stage.run(*ANNOUNCE, "--to", "linkedin", "-q").out.strip()
    parent = Parent(kind=ParentKind.CERTIFICATION, id=id_)
    (delivery,) = stage.system.showing.one(parent, Viewer(owner=LOCAL_OWNER)).deliveries
    stage.system.deliver.one(pointer_to(delivery, why="now", trace=""))
    assert stage.up()["linkedin"] == 1
    assert stage.unpublish(id_) == {"linkedin": ("deleted", "")}
    assert stage.up()["linkedin"] == 0


def test_a_network_that_cannot_be_reached_has_surely_not_deleted_it(stage: Stage) -> None:
    id_ = stage.published(to="facebook")
    stage.stop()
    assert stage.unpublish(id_, code=1)["facebook"][0] == "not_done"
    assert stage.deliveries(id_)[0].unpublished is None


def test_no_token_is_in_what_is_said(stage: Stage) -> None:
    id_ = stage.published()
    tokens = [stage.system.accounts.open(one).token.reveal() for one in stage.system.accounts.of(LOCAL_OWNER)]
    for network in CAN_DELETE:
        stage.fault(network, "expired_token")
    ran = stage.run("messages", "unpublish", id_, "--yes", "--json")
    assert not [token for token in tokens if token in json.dumps(ran.json) + ran.err]
