"""What a pause holds, and which connection a delivery is bound to."""

from dataclasses import replace
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.errors import InvalidInputError
from omnipub.ports.table import Absent, ConditionFailedError, Item, Key, Put, Table, Unchanged
from omnipub.services.pauses.scopes import (
    EVERYTHING,
    BoundConnection,
    account_scope,
    bound_to,
    checked_scope,
    pause_over,
    scopes_of,
)
from omnipub.storage import keys
from omnipub.storage.items import Connection, ConnectionStatus, connection_item, plain_item
from support.world import START, TestBed

DELIVERY = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A"),
    channel="looked:events",
    account="page-1",
    owner="ada",
    status=Status.SCHEDULED,
    due_at=START,
    next_at=START,
)
CONNECTION = Connection(
    owner="ada", channel="looked:events", account="page-1", title="Page", sealed="1.AAAA", created_at=START, version=3
)
DIRECT = keys.connection("ada", "looked:events")
MARKER = keys.connected_account("ada", "looked", "page-1")
RENAMED = keys.connection("ada", "looked:renamed")


@pytest.fixture
def table(bed: TestBed) -> Table:
    return bed.system.world.table


def connected(table: Table, **changes: Any) -> None:
    table.put(connection_item(replace(CONNECTION, **changes), lambda _: 0))


def marked(table: Table, alias: str = "looked:renamed") -> None:
    table.put(plain_item(MARKER, channel=alias))


def conditions(bound: BoundConnection) -> list[tuple[Key, object]]:
    return [(check.key, check.condition) for check in bound.unchanged]


def paused(table: Table, *scopes: str) -> None:
    for scope in scopes:
        table.put(plain_item(keys.pause(scope), reason=f"of {scope}", by="ops", at=START, version=7))


# Pauses.

SCOPES = (EVERYTHING, "channel:looked", "account:looked/page-1", "account:looked/page-1#ada", "owner:ada")


def test_a_delivery_is_in_five_scopes_the_widest_first() -> None:
    assert scopes_of(DELIVERY) == SCOPES


@pytest.mark.parametrize("scope", SCOPES)
def test_each_of_its_scopes_holds_a_delivery(table: Table, scope: str) -> None:
    paused(table, scope)
    found = pause_over(table, DELIVERY)
    assert found is not None
    assert (found.scope, found.sentence) == (scope, f"{scope} is paused: of {scope}")


@pytest.mark.parametrize(
    "scope", ["channel:keyed", "account:looked/page-2", "account:looked/page-1#bob", "owner:bob", "channel:looked:x"]
)
def test_a_pause_of_something_else_holds_nothing(table: Table, scope: str) -> None:
    paused(table, scope)
    assert pause_over(table, DELIVERY) is None


def test_few_pauses_are_read_in_one_page_and_no_key_by_key(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    paused(table, "owner:ada")
    monkeypatch.setattr(table, "batch_get", None)
    assert pause_over(table, DELIVERY) is not None


def test_of_several_pauses_the_widest_is_named(table: Table) -> None:
    paused(table, "owner:ada", "channel:looked")
    found = pause_over(table, DELIVERY)
    assert found is not None
    assert found.scope == "channel:looked"


def test_what_rests_on_a_pause_is_written_only_while_that_very_pause_stands(table: Table) -> None:
    paused(table, EVERYTHING)
    found = pause_over(table, DELIVERY)
    assert found is not None
    item: Item = plain_item(Key("SYSTEM#X", "METADATA"))
    table.transact([Put(item=item), found.still_holds()])
    table.put(plain_item(keys.pause(EVERYTHING), reason="x", by="ops", at=START, version=8))
    with pytest.raises(ConditionFailedError):
        table.transact([Put(item=item), found.still_holds()])


@pytest.mark.parametrize("scope", [EVERYTHING, "channel:x", "account:x/1", "account:x/1#ada", "owner:ada"])
def test_a_scope_is_taken_as_it_is(scope: str) -> None:
    assert checked_scope(scope) == scope


@pytest.mark.parametrize("scope", ["", "everything:", "Everything", "channel:", "channel", "owner:", "user:ada"])
def test_what_is_no_scope_is_refused_and_told_what_one_looks_like(scope: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        checked_scope(scope)
    assert f"'{scope}' cannot be paused." in str(refused.value)


@pytest.mark.parametrize(("owner", "scope"), [("", "account:x/1"), ("ada", "account:x/1#ada")])
def test_the_scope_of_an_account_is_one_owners_or_all_owners(owner: str, scope: str) -> None:
    assert account_scope("x", "1", owner) == scope


# Connections.


@pytest.mark.parametrize("standing", ConnectionStatus)
def test_a_connection_works_while_it_does_not_wait_for_its_owner(table: Table, standing: ConnectionStatus) -> None:
    connected(table, standing=standing)
    bound = bound_to(table, DELIVERY)
    assert bound.connection is not None
    assert bound.works is (standing is ConnectionStatus.ACTIVE)


def test_a_delivery_goes_over_the_connection_of_its_channel_if_that_has_its_account(table: Table) -> None:
    connected(table)
    marked(table)  # elsewhere: not asked
    bound = bound_to(table, DELIVERY)
    assert (bound.connection, conditions(bound)) == (CONNECTION, [(DIRECT, Unchanged(version=3))])


def test_an_account_that_nobody_has_is_bound_to_nothing_until_somebody_connects_it(table: Table) -> None:
    bound = bound_to(table, DELIVERY)
    assert (bound.connection, bound.works) == (None, False)
    assert conditions(bound) == [(DIRECT, Absent()), (MARKER, Absent())]


def test_the_connection_of_its_channel_to_another_account_is_not_used(table: Table) -> None:
    connected(table, account="page-2")
    bound = bound_to(table, DELIVERY)
    assert (bound.connection, bound.works) == (None, False)
    assert conditions(bound) == [(DIRECT, Unchanged(version=3)), (MARKER, Absent())]


def test_an_account_that_was_connected_under_another_alias_is_found_there(table: Table) -> None:
    connected(table, channel="looked:renamed")
    marked(table)
    bound = bound_to(table, DELIVERY)
    assert (bound.connection, bound.works) == (replace(CONNECTION, channel="looked:renamed"), True)
    assert conditions(bound) == [(RENAMED, Unchanged(version=3))]


def test_an_alias_that_has_another_account_by_now_is_not_used(table: Table) -> None:
    connected(table, channel="looked:renamed", account="page-2")
    marked(table)
    bound = bound_to(table, DELIVERY)
    assert (bound.connection, conditions(bound)) == (None, [(RENAMED, Unchanged(version=3))])


def test_an_alias_that_is_gone_is_not_used(table: Table) -> None:
    marked(table)
    bound = bound_to(table, DELIVERY)
    assert (bound.connection, conditions(bound)) == (None, [(RENAMED, Absent())])


@pytest.mark.parametrize(
    ("also", "may_be_out", "used"),
    [(("page-1",), False, True), (("page-1",), True, False), (("page-3",), False, False), ((), False, False)],
)
def test_an_account_that_took_over_another_ones_posts_tells_nothing_of_what_may_be_out(
    table: Table,
    also: tuple[str, ...],
    may_be_out: bool,  # noqa: FBT001
    used: bool,  # noqa: FBT001
) -> None:
    connected(table, account="page-2", also=also)
    bound = bound_to(table, replace(DELIVERY, may_be_out=may_be_out))
    assert (bound.connection is not None) is used


def test_what_may_be_out_goes_on_over_its_own_account(table: Table) -> None:
    connected(table)
    assert bound_to(table, replace(DELIVERY, may_be_out=True)).works
