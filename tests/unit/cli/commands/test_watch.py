from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub_cli.commands._shared.watch import follow

PARENT = Parent(kind=ParentKind.MESSAGE, id="01M844K2KM12R6W346XR7QK44W")
DUE = datetime(2026, 12, 1, 8, tzinfo=UTC)
WAITING = Delivery(
    parent=PARENT, channel="facebook", account="1", owner="local", status=Status.SCHEDULED, due_at=DUE, next_at=DUE
)


class Table:
    """A table that is read, and a clock that only goes on while the command sleeps."""

    def __init__(self) -> None:
        self.now = DUE
        self.read_at: list[datetime] = []

    def one(self, parent: Parent, viewer: object) -> Any:  # noqa: ARG002  as the service takes it
        self.read_at.append(self.now)
        return SimpleNamespace(parent=parent, deliveries=(WAITING,))

    def sleep(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def call(*, on_aws: bool) -> Any:
    @contextmanager
    def progress() -> Iterator[Any]:
        yield SimpleNamespace(show=lambda _table: None)

    return SimpleNamespace(on_aws=on_aws, viewer=lambda: None, output=SimpleNamespace(progress=progress))


@pytest.mark.parametrize(("on_aws", "apart"), [(True, timedelta(seconds=1)), (False, timedelta(milliseconds=100))])
def test_a_stages_table_is_read_once_a_second_and_ones_own_as_things_happen(
    monkeypatch: pytest.MonkeyPatch, apart: timedelta, *, on_aws: bool
) -> None:
    table = Table()
    monkeypatch.setattr("omnipub_cli.commands._shared.watch.sleep", table.sleep)
    clock = SimpleNamespace(now=lambda: table.now)
    system: Any = SimpleNamespace(showing=table, world=SimpleNamespace(clock=clock))
    follow(call(on_aws=on_aws), system, PARENT, timeout=3)
    between = {later - earlier for earlier, later in zip(table.read_at, table.read_at[1:], strict=False)}
    assert between == {apart}
