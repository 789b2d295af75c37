"""A token that ends while everything runs: the post comes out once, with a token that was fetched for it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.names import LOCAL_OWNER
from omnipub.onebox.data_directory import open_data
from omnipub.onebox.sandbox_process import control
from omnipub.onebox.system import OneMachine
from omnipub.services.messages.read import Shown, Viewer
from omnipub.storage.items import Connection, ConnectionStatus
from omnipub.wiring.assemble import System

ACCOUNT = "urn:li:organization:77"
CHANNEL = "linkedin:renewed"
CREDENTIALS = {"refresh_token": "refresh-1", "client_id": "app", "client_secret": "secret"}
DAYS = 60
SOON = 30.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


@dataclass(frozen=True)
class Running:
    """What runs, with one account whose tokens end."""

    box: OneMachine
    system: System

    def connect(self, ends_at: datetime | None = None) -> None:
        renewal = CREDENTIALS | {"expires_in": DAYS * 86_400}
        opened = {"network": "linkedin", "account": ACCOUNT, "token": "first", "renewal": renewal}
        control(self.box.sandbox_url, "accounts", opened)
        self.system.connecting.connect(
            owner=LOCAL_OWNER,
            channel=CHANNEL,
            account=ACCOUNT,
            token=Secret("first"),
            base_url=f"{self.box.sandbox_url}/linkedin",
            credentials={name: Secret(value) for name, value in CREDENTIALS.items()},
            ends_at=ends_at,
        )

    def expire(self) -> None:
        control(self.box.sandbox_url, "expire", {"network": "linkedin", "account": ACCOUNT})

    def order(self, kind: str, **more: Any) -> None:
        control(self.box.sandbox_url, "faults", {"network": "linkedin", "kind": kind, "endpoint": "renew"} | more)

    def publish(self, text: str) -> Shown:
        made = self.system.compose.message(owner=LOCAL_OWNER, content=Content(text=text), channels=[CHANNEL])
        parent = Parent(kind=ParentKind.MESSAGE, id=made.id)

        def shown() -> Shown:
            return self.system.showing.one(parent, Viewer(owner=LOCAL_OWNER))

        until(lambda: shown().deliveries[0].status not in {Status.SCHEDULED, Status.PUBLISHING})
        return shown()

    @property
    def connection(self) -> Connection:
        found = self.system.accounts.find(LOCAL_OWNER, CHANNEL)
        assert found is not None
        return found

    @property
    def token(self) -> str:
        return self.system.accounts.open(self.connection).token.reveal()

    def posts(self) -> list[str]:
        found = control(self.box.sandbox_url, f"posts?network=linkedin&account={ACCOUNT}")["posts"]
        return sorted(post["text"] for post in found)


@pytest.fixture
def running(tmp_path: Path) -> Any:
    with OneMachine(open_data(tmp_path)) as box:
        yield Running(box, box.system)


def test_posts_go_out_once_each_time_the_token_has_ended(running: Running) -> None:
    running.connect()
    tokens = ["first"]
    for text in ("One", "Two", "Three"):
        running.expire()
        shown = running.publish(text)
        (delivery,), (attempt,) = shown.deliveries, shown.attempts
        assert (delivery.status, delivery.tries_used) == (Status.PUBLISHED, 0)
        assert attempt.sentence == "LinkedIn did not accept the token; a new one was fetched and accepted."
        tokens.append(running.token)
    assert running.posts() == ["One", "Three", "Two"]
    assert len(set(tokens)) == 4
    ends = running.connection.refresh_at
    assert ends is not None
    assert abs(ends - datetime.now(UTC) - timedelta(days=DAYS)) < timedelta(minutes=1)


def test_a_token_that_ends_soon_is_replaced_behind_the_post(running: Running) -> None:
    running.connect(ends_at=datetime.now(UTC) + timedelta(hours=1))
    assert running.publish("In time").deliveries[0].status is Status.PUBLISHED
    until(lambda: running.token != "first")
    assert running.publish("With the new one").attempts[0].sentence == ""
    assert running.posts() == ["In time", "With the new one"]


def test_a_renewal_whose_answer_is_lost_holds_nothing_and_its_owner_may_connect_anew(running: Running) -> None:
    running.connect()
    running.expire()
    running.order("reset_after")
    made = running.system.compose.message(owner=LOCAL_OWNER, content=Content(text="Late"), channels=[CHANNEL])
    parent = Parent(kind=ParentKind.MESSAGE, id=made.id)
    until(lambda: running.connection.renewal_failed is not None)
    (delivery,) = running.system.showing.one(parent, Viewer(owner=LOCAL_OWNER)).deliveries
    assert (running.connection.standing, delivery.tries_used) == (ConnectionStatus.ACTIVE, 0)
    running.connect()
    (again,) = running.publish("Next").deliveries
    assert again.status is Status.PUBLISHED
