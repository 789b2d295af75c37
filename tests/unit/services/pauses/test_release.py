"""What a release lets go, when, and what it leaves to somebody else."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.ports.table import Item
from omnipub.services.pauses import release as module
from omnipub.services.pauses.release import LAG, LatePolicy, Releases
from omnipub.storage import keys
from omnipub.storage.items import ConnectionStatus, connection_item, delivery_item
from support.rows import now_of, stand
from support.world import OWNER, START, TestBed

TICK = timedelta(milliseconds=1)
MINUTE = timedelta(minutes=1)
NOW = START + 10 * MINUTE
FAR = NOW + timedelta(days=1)


@pytest.fixture
def releases(bed: TestBed) -> Releases:
    bed.clock.time = NOW
    return bed.system.releases


def held(bed: TestBed, number: int = 1, **changes: Any) -> Delivery:
    return stand(bed, number, **({"status": Status.HELD, "not_after": FAR} | changes))


def row(releases: Releases, scope: str = "everything", late: LatePolicy = LatePolicy.MISS) -> Item:
    put = releases.begun(scope, late)
    releases.base.table.put(put.item)
    return put.item


def needs_owner(bed: TestBed, channel: str = "looked") -> None:
    connection = bed.system.accounts.find(OWNER, channel)
    assert connection is not None
    bed.system.accounts.hold(connection, reason="It wants its owner.")


# What nothing holds.


def test_what_nothing_holds_is_free(bed: TestBed, releases: Releases) -> None:
    one = held(bed)
    assert (releases.is_free(one), releases.is_paused(one), releases.account_works(one)) == (True, False, True)


def test_what_is_paused_is_not_free(bed: TestBed, releases: Releases) -> None:
    one = held(bed)
    bed.system.pauses.pause("channel:looked", reason="x", by="ops")
    assert (releases.is_free(one), releases.is_paused(one), releases.account_works(one)) == (False, True, True)


def test_what_waits_for_its_accounts_owner_is_not_free(bed: TestBed, releases: Releases) -> None:
    one = held(bed)
    needs_owner(bed)
    assert (releases.is_free(one), releases.is_paused(one), releases.account_works(one)) == (False, False, False)


def test_what_is_of_a_network_that_this_release_does_not_know_is_not_free(bed: TestBed, releases: Releases) -> None:
    connection = bed.system.accounts.find(OWNER, "looked")
    assert connection is not None
    unknown = replace(connection, channel="ghost", account="acc-ghost")
    bed.system.world.table.put(connection_item(unknown, lambda _: 0))
    one = held(bed, channel="ghost")
    assert (releases.is_free(one), releases.account_works(one)) == (False, True)


def test_only_what_is_held_in_its_scope_is_read(bed: TestBed, releases: Releases) -> None:
    one, other = held(bed, 1), held(bed, 2, channel="blind")
    stand(bed, 3)
    assert list(releases.held("channel:looked")) == [one]
    assert list(releases.held("everything")) == [one, other]


def test_what_only_a_lagging_index_calls_held_is_not_let_go(
    bed: TestBed, releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = held(bed)
    gone_on = delivery_item(replace(one, status=Status.PUBLISHED, published_at=NOW), lambda _: 0)
    monkeypatch.setattr(module, "stored_items", lambda *_: iter([gone_on]))
    assert list(releases.held("everything")) == []


# Carrying out.


def test_of_what_was_late_when_it_began_the_row_decides_and_of_the_rest_its_window(
    bed: TestBed, releases: Releases
) -> None:
    late, later, never = held(bed, 1, due_at=NOW), held(bed, 2, due_at=NOW + TICK), held(bed, 3, due_at=None)
    begun = row(releases)
    bed.clock.advance(seconds=5)
    assert releases.carry_out(begun, by="ada") == 3
    assert [now_of(bed, one).status for one in (late, later, never)] == [
        Status.MISSED,
        Status.SCHEDULED,
        Status.SCHEDULED,
    ]
    assert bed.journal.named("released") == [{"scope": "everything", "deliveries": 3}]


def test_a_release_that_finds_nothing_says_nothing(bed: TestBed, releases: Releases) -> None:
    assert releases.carry_out(row(releases)) == 0
    assert bed.journal.named("released") == []


def test_what_still_has_a_reason_stays_held(bed: TestBed, releases: Releases) -> None:
    one = held(bed)
    needs_owner(bed)
    assert releases.carry_out(row(releases)) == 0
    assert now_of(bed, one) == one


def test_in_a_copy_nothing_is_let_go(bed: TestBed, releases: Releases) -> None:
    one, begun = held(bed), row(releases)
    bed.system.gate.shut("was imported from a file")
    assert releases.carry_out(begun) == 0
    assert now_of(bed, one) == one


# Finishing what others began.


@pytest.mark.parametrize(("age", "there"), [(LAG - TICK, True), (LAG, True), (LAG + TICK, False)])
def test_a_row_stands_until_no_index_can_lag_behind(
    bed: TestBed,
    releases: Releases,
    age: timedelta,
    there: bool,  # noqa: FBT001
) -> None:
    row(releases)
    bed.clock.time += age
    releases.finish()
    assert (bed.system.world.table.get(keys.release("everything")) is not None) is there


@pytest.mark.parametrize(
    ("scope", "finished"),
    [("channel:ghost", False), ("channel:looked", True), ("everything", True), ("owner:ghost", True)],
)
def test_a_row_of_an_unknown_network_waits_for_a_release_that_knows_it(
    bed: TestBed,
    releases: Releases,
    scope: str,
    finished: bool,  # noqa: FBT001
) -> None:
    row(releases, scope)
    bed.clock.time += 2 * LAG
    releases.finish()
    assert (bed.system.world.table.get(keys.release(scope)) is None) is finished


def test_a_row_that_was_begun_anew_meanwhile_is_not_taken_away(
    bed: TestBed, releases: Releases, monkeypatch: pytest.MonkeyPatch
) -> None:
    row(releases)
    bed.clock.time += 2 * LAG
    newer: list[Item] = []

    def begun_anew(self: Releases, found: Item) -> None:
        if found["SK"] == "everything":
            newer.append(row(self))

    monkeypatch.setattr(Releases, "carry_out", begun_anew)
    releases.finish()
    assert [bed.system.world.table.get(keys.release("everything"))] == newer


# Letting go.


def let_go(bed: TestBed, delivery: Delivery, at: datetime, late: LatePolicy) -> Delivery:
    assert bed.system.releases.let_go(delivery, at, late, missing="It was let be missed.")
    return now_of(bed, delivery)


@pytest.mark.parametrize("status", [Status.HELD, Status.SCHEDULED])
def test_what_shall_be_missed_is_missed_with_its_sentence(bed: TestBed, releases: Releases, status: Status) -> None:
    assert releases
    gone = let_go(bed, held(bed, status=status), NOW, LatePolicy.MISS)
    assert gone.status is Status.MISSED
    assert gone.reason is not None
    assert gone.reason.sentence == "It was let be missed."


@pytest.mark.parametrize(("not_after", "status"), [(NOW - TICK, Status.MISSED), (NOW, Status.SCHEDULED)])
def test_by_its_window_it_is_sent_or_missed(
    bed: TestBed, releases: Releases, not_after: datetime, status: Status
) -> None:
    assert releases
    gone = let_go(bed, held(bed, not_after=not_after), NOW, LatePolicy.WINDOW)
    assert (gone.status, gone.not_after) == (status, not_after)


def test_what_is_sent_late_on_purpose_has_a_new_window_even_if_its_own_is_over(
    bed: TestBed, releases: Releases
) -> None:
    gone = let_go(bed, held(bed, not_after=NOW - MINUTE), NOW + MINUTE, LatePolicy.SEND)
    assert (gone.status, gone.next_at, gone.not_after) == (
        Status.SCHEDULED,
        NOW + MINUTE,
        NOW + MINUTE + releases.window,
    )


@pytest.mark.parametrize("late", [LatePolicy.SEND, LatePolicy.WINDOW])
@pytest.mark.parametrize(
    ("due_at", "next_at"), [(None, NOW + MINUTE), (NOW, NOW + MINUTE), (NOW + 2 * MINUTE, NOW + 2 * MINUTE)]
)
def test_it_goes_on_at_its_turn_and_not_before_its_moment(
    bed: TestBed, releases: Releases, late: LatePolicy, due_at: datetime | None, next_at: datetime
) -> None:
    assert releases
    assert let_go(bed, held(bed, due_at=due_at), NOW + MINUTE, late).next_at == next_at


def test_what_somebody_changed_meanwhile_is_let_be(bed: TestBed, releases: Releases) -> None:
    one = held(bed)
    changed = replace(one, status=Status.CANCELLED, version=one.version + 1)
    bed.system.world.table.put(delivery_item(changed, lambda _: 0))
    assert not releases.let_go(one, NOW, LatePolicy.SEND, missing="")
    assert now_of(bed, one) == changed
    assert bed.delay.named == []


def test_it_is_handed_over_at_once(bed: TestBed, releases: Releases) -> None:
    let_go(bed, held(bed), NOW, LatePolicy.SEND)
    assert releases
    assert [pointer.why for _, pointer in bed.stream.records] == ["released"]


# In order.


def all_are(late: LatePolicy) -> Callable[[Delivery], LatePolicy]:
    return lambda _: late


def test_each_account_goes_on_in_due_order_at_the_pace_of_its_network(bed: TestBed, releases: Releases) -> None:
    pace = releases.channels["looked"].pace
    assert pace > timedelta(0)
    last, first, undated = held(bed, 1), held(bed, 2, due_at=START - MINUTE), held(bed, 3, due_at=None)
    other = held(bed, 4, channel="blind")
    assert releases.let_go_in_order([last, first, other, undated], all_are(LatePolicy.SEND)) == 4
    assert [now_of(bed, one).next_at for one in (undated, first, last, other)] == [
        NOW,
        NOW + pace,
        NOW + 2 * pace,
        NOW,
    ]


def test_what_is_of_an_unknown_network_goes_on_without_a_pace(bed: TestBed, releases: Releases) -> None:
    ghosts = [held(bed, number, channel="ghost") for number in (1, 2)]
    assert releases.let_go_in_order(ghosts, all_are(LatePolicy.SEND)) == 2
    assert [now_of(bed, one).next_at for one in ghosts] == [NOW, NOW]


def test_only_what_was_still_as_it_was_read_counts(bed: TestBed, releases: Releases) -> None:
    one, other = held(bed, 1), held(bed, 2)
    bed.system.world.table.put(delivery_item(replace(one, version=one.version + 1), lambda _: 0))
    assert releases.let_go_in_order([one, other], all_are(LatePolicy.SEND)) == 1


def test_an_account_counts_as_working_only_while_it_does(bed: TestBed, releases: Releases) -> None:
    needs_owner(bed)
    found = bed.system.accounts.find(OWNER, "looked")
    assert found is not None
    assert found.standing is ConnectionStatus.NEEDS_OWNER
    assert [
        releases.account_works(held(bed, number, channel=name)) for number, name in ((1, "looked"), (2, "blind"))
    ] == [False, True]
