"""Notices of one machine: a loop of its own tells what needs a person, storage in trouble too, and delays nothing."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.errors import GateClosedError, UnavailableError
from omnipub.handlers.api.hint_sentences import sentence
from omnipub.names import LOCAL_OWNER
from omnipub.onebox import system as system_module
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.notice_loop import NoticeLoop
from omnipub.onebox.system import OneMachine
from omnipub.services.health.checkup import Checkup
from omnipub.services.messages.read import Viewer
from omnipub.wiring.assemble import System
from omnipub.wiring.local import one_machine
from support.receiver import Receiver, receiving

FAST = timedelta(milliseconds=50)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def system(tmp_path: Path) -> Iterator[System]:
    made = one_machine(open_data(tmp_path / "data", state=tmp_path / "state"))
    yield made
    made.close()


@pytest.fixture
def loop(system: System) -> Iterator[NoticeLoop]:
    made = NoticeLoop(system, sentence, first=FAST, every=FAST)
    yield made
    made.stop()


def until(holds: Callable[[], Any], within: float = 20) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.02)


def needs_owner(system: System) -> None:
    system.accounts.connect(owner=LOCAL_OWNER, channel="facebook", account="1", token=Secret("t"))
    found = system.accounts.find(LOCAL_OWNER, "facebook")
    assert found is not None
    system.accounts.hold(found, reason="The token expired.")


def test_what_needs_a_person_is_told_once(system: System, loop: NoticeLoop, receiver: Receiver) -> None:
    system.notice_targets.set_url("webhook", f"{receiver.url}/in", in_the_open=True)
    needs_owner(system)
    loop.start()
    until(lambda: any(one["kind"] == "account" for one in receiver.bodies()))
    time.sleep(10 * FAST.total_seconds())
    (told,) = [one for one in receiver.bodies() if one["kind"] == "account"]
    assert (told["phase"], told["title"]) == ("begun", "An account needs its owner")
    assert told["what"] == "facebook (1) needs its owner: The token expired."
    assert told["next"] == "The account can be tested, or connected again."


def test_storage_in_trouble_is_told_without_storage_and_its_end_is(
    system: System, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omnipub.domain.notice.GONE_AFTER", timedelta(seconds=1))
    system.notice_targets.set_url("slack", f"{receiver.url}/in", in_the_open=True)
    quiet = NoticeLoop(system, sentence, first=timedelta(minutes=9), every=FAST)
    quiet.start()
    until(system.notices.notifier.targets)

    def fail(*_: object, **__: object) -> Any:
        raise UnavailableError("The data could not be written: the disk is full.")

    with monkeypatch.context() as broken:
        for name in ("get", "put", "query", "transact", "batch_get"):
            broken.setattr(system.world.table, name, fail)
        quiet.storage(UnavailableError("The data could not be written: the disk is full."))
        until(lambda: receiver.got)
        quiet.storage(None)
    until(lambda: len(receiver.got) > 1)
    quiet.stop()
    begun, over = (one["text"] for one in receiver.bodies())
    assert begun.startswith("*The data cannot be written or read [omnipub local, sandbox]*")
    assert "the disk is full" in begun
    assert over.startswith("*Over: ")


def test_a_table_that_may_not_start_is_told_by_the_start_and_once(tmp_path: Path, receiver: Receiver) -> None:
    first = one_machine(open_data(tmp_path / "data", state=tmp_path / "state"))
    first.gate.enter()
    first.notice_targets.set_url("webhook", f"{receiver.url}/in", in_the_open=True)
    copytree(tmp_path / "data", tmp_path / "copy")
    first.gate.move()
    first.close()
    for _ in range(2):
        with pytest.raises(GateClosedError, match="is older than what ran here last"):
            OneMachine(open_data(tmp_path / "copy", state=tmp_path / "state"), sandbox_url="http://127.0.0.1:9").start()
    (told,) = receiver.bodies()
    assert (told["kind"], told["phase"]) == ("gate", "begun")
    assert told["what"].startswith("This table is older than what ran here last")


def test_who_cannot_be_told_does_not_change_why_a_start_fails(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = one_machine(open_data(tmp_path / "data", state=tmp_path / "state"))
    first.gate.enter()
    first.notice_targets.set_url("webhook", f"{receiver.url}/in", in_the_open=True)
    first.close()
    receiver.status = 500

    def fail(*_: object, **__: object) -> Any:
        raise KeyError("somebody's words")

    elsewhere = open_data(tmp_path / "data", state=tmp_path / "another")
    with pytest.raises(GateClosedError):
        OneMachine(elsewhere, sandbox_url="http://127.0.0.1:9").start()
    monkeypatch.setattr(Checkup, "look", fail)
    with pytest.raises(GateClosedError):
        OneMachine(elsewhere, sandbox_url="http://127.0.0.1:9").start()
    assert receiver.got == []


def test_a_target_that_hangs_delays_no_post(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    monkeypatch.setattr(system_module, "NoticeLoop", partial(NoticeLoop, first=FAST, every=FAST))
    begun: list[bool] = []
    ended: list[bool] = []
    free = threading.Event()
    with OneMachine(open_data(tmp_path / "data", state=tmp_path / "state")) as box:
        hanging = box.system.notices.notifier

        def hang(*_: object) -> None:
            begun.append(True)
            free.wait(30)
            ended.append(True)

        monkeypatch.setattr(hanging, "send", hang)
        box.system.notice_targets.set_url("webhook", f"{receiver.url}/in", in_the_open=True)
        found = box.system.accounts.find(LOCAL_OWNER, "linkedin")
        assert found is not None
        box.system.accounts.hold(found, reason="The token expired.")
        until(lambda: begun)
        content = Content(text="Not delayed")
        made = box.system.compose.message(owner=LOCAL_OWNER, content=content, channels=["facebook"])
        parent, viewer = Parent(kind=ParentKind.MESSAGE, id=made.id), Viewer(owner=LOCAL_OWNER)
        until(lambda: box.system.showing.one(parent, viewer).deliveries[0].status is Status.PUBLISHED)
        assert not ended, "the notice still hangs"
        free.set()
