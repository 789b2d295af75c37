"""The trial's judge finds each kind of broken promise; a judge that cannot would prove nothing."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from crash.judge import Seen, Told, judge
from crash.plan import Plan, draw, every_fault
from omnipub.domain.delivery.reconcile import DEATHS_AT_MOST

SEED = 5
POST = Seen(network="facebook", account="1", id="1_9", text="Trial 5 message 0.")
TOLD = Told(message=0, id="A", channel="facebook", account="1", status="published", network_id="1_9")
BLIND = replace(TOLD, channel="telegram", status="unconfirmed", network_id="")


def broken(told: Sequence[Told], seen: Sequence[Seen]) -> list[str]:
    asked = {0: sorted({one.channel for one in told})}
    return [one.how for one in judge(SEED, asked, told, seen).broken]


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        (TOLD, [POST]),
        (replace(TOLD, channel="webhook"), [replace(POST, network="webhook", id="a-constant-id", repeats=3)]),
        (BLIND, [replace(POST, network="telegram")]),
        (BLIND, []),
        (replace(TOLD, status="unconfirmed", deaths=DEATHS_AT_MOST), [POST]),
    ],
)
def test_what_is_out_once_or_honestly_in_doubt_passes(told: Told, seen: list[Seen]) -> None:
    assert broken([told], seen) == []


@pytest.mark.parametrize(
    ("told", "seen", "how"),
    [
        (TOLD, [POST, replace(POST, id="1_10")], "2 posts"),
        (BLIND, [replace(POST, network="telegram"), replace(POST, network="telegram", id="2")], "2 posts"),
        (replace(TOLD, channel="webhook"), [replace(POST, network="webhook", id=one) for one in "ab"], "2 posts"),
        (TOLD, [], "there is no post"),
        (TOLD, [replace(POST, id="1_10")], "the table has 1_9"),
        (replace(TOLD, status="failed"), [], "ended as failed"),
        (replace(TOLD, status="scheduled"), [], "ended as scheduled"),
        (replace(TOLD, status="unconfirmed", deaths=DEATHS_AT_MOST - 1), [POST], "where the network can tell"),
        (TOLD, [POST, replace(POST, account="2")], "that no delivery asked for"),
        (TOLD, [POST, replace(POST, text="Trial 6 message 0.")], "belongs to nobody"),
    ],
)
def test_each_broken_promise_is_found(told: Told, seen: list[Seen], how: str) -> None:
    (found,) = broken([told], seen)
    assert how in found


def test_an_accepted_message_that_is_not_in_the_table_is_found() -> None:
    (found,) = judge(SEED, {0: ["facebook"], 1: ["telegram"]}, [TOLD], [POST]).broken
    assert (found.message, found.channel, found.how) == (1, "telegram", "accepted and lost")


def test_one_request_that_made_two_messages_is_found() -> None:
    twice = [TOLD, replace(TOLD, id="B", status="unconfirmed", deaths=DEATHS_AT_MOST)]
    assert "one request made 2 messages" in broken(twice, [POST])


def test_a_plan_has_what_was_asked_for_and_is_the_same_for_a_seed() -> None:
    def planned(seed: int) -> Plan:
        return draw(
            seed, kills=100, deliveries=1000, faults=every_fault(seed), accounts=4, seconds=(0.1, 6), unborn=0.1
        )

    plan = planned(7)
    assert (len(plan.lives), plan.deliveries) == (100, 1000)
    messages = [message for life in plan.lives for message in life.messages]
    assert all(len(set(message.channels)) == len(message.channels) for message in messages)
    per_channel = Counter(channel for message in messages for channel in message.channels)
    assert len(per_channel) == 20
    assert set(per_channel.values()) == {50}
    assert planned(7) == plan != planned(8)
