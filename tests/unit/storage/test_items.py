from collections.abc import Mapping
from dataclasses import fields, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from omnipub.domain.certification import Certification
from omnipub.domain.delivery.lifecycle import WATCHED, Status
from omnipub.domain.delivery.model import Attempt, Delivery, Lease
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content, Message
from omnipub.domain.text import EXCERPT
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.ports.table import Key
from omnipub.storage.items import (
    Connection,
    ConnectionStatus,
    attempt_item,
    attempt_of,
    certification_item,
    certification_of,
    connection_item,
    connection_of,
    delivery_item,
    delivery_of,
    key_of,
    message_item,
    message_of,
    plain_item,
)
from omnipub.storage.schema import BY_LIST, BY_STATUS_OR_OWNER, INDEXES, KEY_ATTRIBUTES, Index

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
ONE = datetime(2026, 11, 23, 13, tzinfo=UTC)
TWO = datetime(2026, 11, 23, 14, tzinfo=UTC)
ID = "01KAQ8GQ00000000000000000A"

DELIVERY = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id=ID),
    channel="facebook:events",
    account="page-1",
    owner="ada",
    status=Status.SCHEDULED,
    due_at=NOON,
    next_at=ONE,
)
MESSAGE = Message(
    id=ID,
    owner="ada",
    created_at=NOON,
    content=Content(text="Hello " * 50),
    channels=("facebook", "linkedin"),
    schedule=Schedule(at=NOON, local="2026-11-23T12:00:00", zone="UTC"),
)
CERTIFICATION = Certification(
    id=ID,
    owner="ada",
    created_at=NOON,
    member="Ada Example",
    type="solutions-architect-associate",
    earned_on=date(2026, 11, 3),
    channels=("facebook",),
    schedule=MESSAGE.schedule,
)
CONNECTION = Connection(
    owner="ada", channel="facebook:events", account="page-1", title="Events", sealed="v1.x", created_at=NOON
)
ATTEMPT = Attempt(parent=DELIVERY.parent, channel="facebook", number=3, started_at=NOON, ended_at=None, ended="died")

every_status = pytest.mark.parametrize("status", Status)


def third(name: str) -> int:
    """Every id's shard is 3."""
    assert name
    return 3


def first(name: str) -> int:
    assert name
    return 0


def placed(item: Mapping[str, Any], index: Index) -> tuple[str, str] | None:
    """Where an item stands in an index; both keys or none."""
    present = [key in item for key in (index.partition, index.sort)]
    assert present in ([True, True], [False, False])
    return (item[index.partition], item[index.sort]) if all(present) else None


def with_status(status: Status, **more: Any) -> Delivery:
    published_at = TWO if status is Status.PUBLISHED else None
    return replace(DELIVERY, status=status, published_at=published_at, **more)


# What a delivery's item leaves out.

LEASE = Lease(claim_id="c", attempt=2, started_at=NOON, until=TWO, sends=True)
CLAIMED = replace(DELIVERY, attempts=2, first_due=DELIVERY.due_at, next_at=TWO, lease=LEASE)


def test_a_delivery_says_nothing_twice() -> None:
    item = delivery_item(CLAIMED, first)
    assert not {"parent", "first_due"} & set(item)
    assert set(item["lease"]) == {"claim_id", "started_at", "sends"}
    assert delivery_of(item) == CLAIMED


@pytest.mark.parametrize(
    "other",
    [
        replace(CLAIMED, first_due=ONE),
        replace(CLAIMED, attempts=0, first_due=CLAIMED.due_at),
        replace(CLAIMED, attempts=3),
        replace(CLAIMED, next_at=ONE),
        replace(CLAIMED, next_at=None),
        replace(CLAIMED, lease=replace(LEASE, attempt=0)),
    ],
)
def test_what_differs_from_what_else_would_say_it_is_written(other: Delivery) -> None:
    assert delivery_of(delivery_item(other, first)) == other


# The status index.


@every_status
def test_a_delivery_is_in_the_status_index_exactly_while_somebody_must_find_it(status: Status) -> None:
    item = delivery_item(with_status(status), first)
    there = placed(item, BY_STATUS_OR_OWNER)
    assert (there is not None) == (status in WATCHED)
    if there is not None:
        assert there == (f"STATUS#{status}", f"{to_text(ONE)}#MSG#{ID}#CHANNEL#facebook:events")


def test_the_status_index_orders_by_the_next_moment_and_not_by_the_one_asked_for() -> None:
    item = delivery_item(DELIVERY, first)
    assert item["GSI1SK"].startswith(to_text(ONE))


@pytest.mark.parametrize("status", sorted(WATCHED))
def test_every_watched_status_is_sharded_alike(status: Status) -> None:
    item = delivery_item(with_status(status), third)
    assert placed(item, BY_STATUS_OR_OWNER) == (
        f"STATUS#{status}#3",
        f"{to_text(ONE)}#MSG#{ID}#CHANNEL#facebook:events",
    )


def test_all_deliveries_of_a_message_are_in_its_shard() -> None:
    asked: list[str] = []

    def noting(name: str) -> int:
        asked.append(name)
        return 0

    for channel in ("facebook", "linkedin"):
        delivery_item(replace(DELIVERY, channel=channel), noting)
    assert set(asked) == {ID}


# The lists.


@every_status
def test_a_delivery_is_in_the_calendar_until_it_is_published_or_cancelled(status: Status) -> None:
    there = placed(delivery_item(with_status(status), third), BY_LIST)
    if status is Status.CANCELLED:
        assert there is None
    elif status is Status.PUBLISHED:
        assert there == ("PUBLISHED#facebook#3", f"{to_text(TWO)}#MSG#{ID}#CHANNEL#facebook:events")
    else:
        assert there == ("CALENDAR#3", f"{to_text(NOON)}#MSG#{ID}#CHANNEL#facebook:events")


def test_only_the_status_says_that_something_is_out() -> None:
    item = delivery_item(replace(DELIVERY, status=Status.HELD, published_at=TWO), first)
    assert item["GSI2PK"] == "CALENDAR"


def test_the_calendar_orders_by_the_moment_that_was_asked_for() -> None:
    later = replace(DELIVERY, next_at=TWO)
    assert delivery_item(later, first)["GSI2SK"] == delivery_item(DELIVERY, first)["GSI2SK"]


def test_a_draft_without_a_moment_is_in_no_index() -> None:
    item = delivery_item(replace(DELIVERY, status=Status.DRAFT, due_at=None, next_at=None), first)
    assert placed(item, BY_STATUS_OR_OWNER) is None
    assert placed(item, BY_LIST) is None


def test_what_a_network_published_is_listed_by_network_whatever_the_alias() -> None:
    one = delivery_item(with_status(Status.PUBLISHED), first)
    other = delivery_item(with_status(Status.PUBLISHED, channel="facebook"), first)
    assert one["GSI2PK"] == other["GSI2PK"] == "PUBLISHED#facebook"


def test_a_message_is_in_its_owners_list_and_in_everybodys() -> None:
    item = message_item(MESSAGE, third)
    assert key_of(item) == Key(f"MSG#{ID}", "METADATA")
    assert placed(item, BY_STATUS_OR_OWNER) == ("USER#ada", f"MSG#{ID}")
    assert placed(item, BY_LIST) == ("ALL#MSG#3", f"MSG#{ID}")


def test_a_certification_is_in_its_owners_list_and_in_everybodys() -> None:
    item = certification_item(CERTIFICATION, first)
    assert key_of(item) == Key(f"CERT#{ID}", "METADATA")
    assert placed(item, BY_STATUS_OR_OWNER) == ("USER#ada", f"CERT#{ID}")
    assert placed(item, BY_LIST) == ("ALL#CERT", f"CERT#{ID}")


def test_a_connection_is_in_the_index_while_its_token_has_a_moment_to_be_refreshed_at() -> None:
    assert placed(connection_item(CONNECTION, third), BY_STATUS_OR_OWNER) is None
    refreshed = connection_item(replace(CONNECTION, refresh_at=TWO), third)
    assert placed(refreshed, BY_STATUS_OR_OWNER) == (
        "REFRESH#3",
        f"{to_text(TWO)}#USER#ada#CONNECTION#facebook:events",
    )


def test_a_connection_is_in_no_list_of_messages() -> None:
    assert placed(connection_item(CONNECTION, first), BY_LIST) is None


def test_a_try_is_in_no_index() -> None:
    item = attempt_item(ATTEMPT)
    assert key_of(item) == Key(f"MSG#{ID}", "ATTEMPT#facebook#0003")
    assert not any(placed(item, index) for index in INDEXES.values())


def test_a_try_and_its_delivery_stand_in_one_collection() -> None:
    assert key_of(attempt_item(ATTEMPT)).pk == key_of(delivery_item(DELIVERY, first)).pk == f"MSG#{ID}"


# What an index shows without a get.

FOR_LISTS = {"kind", "id", "owner", "excerpt", "channels", "created_at"}
FOR_DISPATCH = {"owner", "channel", "account", "due_at"}
"""The status as well, in the index that is read by status."""


@pytest.mark.parametrize("index", INDEXES.values(), ids=lambda index: index.name)
def test_everything_an_index_projects_is_on_messages_or_on_deliveries(index: Index) -> None:
    delivery = delivery_item(DELIVERY, first)
    for item in (message_item(MESSAGE, first), certification_item(CERTIFICATION, first)):
        assert set(item) >= FOR_LISTS
        assert set(index.projected) <= set(item) | set(delivery)


@pytest.mark.parametrize("index", INDEXES.values(), ids=lambda index: index.name)
def test_an_index_projects_all_that_lists_and_dispatch_read(index: Index) -> None:
    assert set(index.projected) >= FOR_LISTS | FOR_DISPATCH


def test_what_a_claim_changes_is_projected_into_the_status_index_alone() -> None:
    assert set(BY_STATUS_OR_OWNER.projected) >= {"status", "next_at"}
    assert not {"status", "next_at"} & set(BY_LIST.projected)


@pytest.mark.parametrize("status", sorted(WATCHED))
def test_a_watched_delivery_has_all_that_dispatch_reads(status: Status) -> None:
    assert set(delivery_item(with_status(status), first)) >= FOR_DISPATCH | {"status", "next_at"}


def test_lists_show_the_excerpt_and_not_the_text() -> None:
    for index in INDEXES.values():
        assert not {"content", "frozen", "sealed", "personal_message"} & set(index.projected)
    assert len(message_item(MESSAGE, first)["excerpt"]) == EXCERPT
    assert "Ada Example" in certification_item(CERTIFICATION, first)["excerpt"]


# Items and values.


@every_status
def test_a_delivery_survives_its_item(status: Status) -> None:
    delivery = with_status(status)
    assert delivery_of(delivery_item(delivery, third)) == delivery


def test_messages_certifications_connections_and_tries_survive_their_items() -> None:
    assert message_of(message_item(MESSAGE, third)) == MESSAGE
    assert certification_of(certification_item(CERTIFICATION, third)) == CERTIFICATION
    assert attempt_of(attempt_item(ATTEMPT)) == ATTEMPT
    needy = replace(
        CONNECTION, standing=ConnectionStatus.NEEDS_OWNER, standing_since=ONE, settings={"page": "1"}, refresh_at=TWO
    )
    assert connection_of(connection_item(needy, third)) == needy


@pytest.mark.parametrize("kind", [Delivery, Message, Certification, Connection, Attempt])
def test_no_field_has_the_name_of_a_key(kind: type) -> None:
    assert not {part.name for part in fields(kind)} & set(KEY_ATTRIBUTES)


@pytest.mark.parametrize("kind", [Message, Certification])
def test_what_lists_add_to_an_item_hides_no_field(kind: type) -> None:
    assert not {part.name for part in fields(kind)} & {"kind", "excerpt"}


def test_an_items_index_keys_follow_from_the_value_alone() -> None:
    back = delivery_of(delivery_item(DELIVERY, third))
    assert delivery_item(back, third) == delivery_item(DELIVERY, third)


def test_an_item_of_the_systems_own_is_its_key_and_its_attributes() -> None:
    assert plain_item(Key("SYSTEM#X", "METADATA"), at=NOON, version=2) == {
        "PK": "SYSTEM#X",
        "SK": "METADATA",
        "at": "2026-11-23T12:00:00.000Z",
        "version": 2,
    }
