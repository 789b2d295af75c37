from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import event as noted
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.delivery.conclude import concluded
from omnipub.domain.delivery.decide import (
    BEYOND_LEAD,
    NextAct,
    claimed_to_look,
    claimed_to_send,
    held,
    next_step,
    released,
    with_expired_lease,
)
from omnipub.domain.delivery.lifecycle import NEWS, TRANSITIONS, WATCHED, Event, Status, legal_events
from omnipub.domain.delivery.model import Delivery, FrozenRequest
from omnipub.domain.delivery.moves import lost_track, missed, published
from omnipub.domain.delivery.outcome import (
    CALLED_OFF,
    CLAIM_LOST,
    NOT_READ,
    PAUSED,
    STOPS,
    WINDOW_OVER,
    FoundPost,
    Outcome,
    TryEnd,
)
from omnipub.domain.delivery.reconcile import (
    ASKED_WITHIN,
    BETWEEN_LOOKS,
    DEATHS_AT_MOST,
    LOOKS_AT_MOST,
    LookResult,
    ReconcileStep,
    first_look,
    how_to_find_out,
    looked,
    postponed,
    waiting,
)
from omnipub.domain.delivery.retry import Backoff
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.ids import Parent, ParentKind
from omnipub.errors import IllegalTransitionError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
TICK = timedelta(milliseconds=1)
LEASE = timedelta(seconds=70)
SETTLE = timedelta(seconds=90)
WINDOW = timedelta(hours=24)
FROZEN = FrozenRequest(revision=1, body={"message": "Hello"})
CLEAR = LookResult(clear=True)
UNCLEAR = LookResult(sentence="The network did not answer.")
LOOK_UP = Rules(remedy=ReconcileMethod.LOOK_UP, settle=SETTLE)
RESEND = Rules(remedy=ReconcileMethod.RESEND, settle=SETTLE)
NONE = Rules(remedy=ReconcileMethod.NONE, settle=SETTLE)

every_remedy = pytest.mark.parametrize("rules", [LOOK_UP, RESEND, NONE], ids=lambda rules: rules.remedy)
AT_REST = (Status.PUBLISHED, Status.FAILED, Status.UNCONFIRMED, Status.MISSED, Status.HELD, Status.CANCELLED)

DUE = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A"),
    channel="linkedin",
    account="urn:li:person:1",
    owner="owner-1",
    status=Status.SCHEDULED,
    due_at=NOON,
    next_at=NOON,
    not_after=NOON + WINDOW,
)


def claimed(delivery: Delivery = DUE, at: datetime = NOON) -> Delivery:
    return claimed_to_send(delivery, at, claim_id="c", lease_for=LEASE, frozen=FROZEN)


def looking(delivery: Delivery, at: datetime) -> Delivery:
    return claimed_to_look(delivery, at, claim_id="c", lease_for=LEASE)


def ended(how: TryEnd, **more: object) -> Outcome:
    return replace(Outcome(ended=how, code="code", sentence="What the network said."), **more)  # type: ignore[arg-type]


def after(how: TryEnd, delivery: Delivery | None = None, *, rules: Rules = LOOK_UP, at: datetime = NOON) -> Delivery:
    return concluded(delivery or claimed(), ended(how), at, rules, chance=0)


def uncertain(rules: Rules = LOOK_UP) -> Delivery:
    return after(TryEnd.AMBIGUOUS, rules=rules)


def next_moment(delivery: Delivery) -> datetime:
    assert delivery.next_at is not None
    return delivery.next_at


# What a worker that meets a delivery has to do.


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.SCHEDULED, Status.PUBLISHING}))
def test_a_delivery_that_is_neither_scheduled_nor_publishing_is_let_be(status: Status) -> None:
    step = next_step(replace(DUE, status=status), NOON)
    assert (step.act, step.why) == (NextAct.LET_BE, f"already {status}")


@pytest.mark.parametrize("late", [timedelta(0), TICK, WINDOW])
def test_a_due_delivery_is_sent(late: timedelta) -> None:
    assert next_step(DUE, NOON + late).act is NextAct.SEND


@pytest.mark.parametrize("lead", [timedelta(0), TICK, 2 * SECOND])
@pytest.mark.parametrize("within", [TICK, BEYOND_LEAD])
def test_a_delivery_due_within_the_lead_and_a_second_is_waited_for(lead: timedelta, within: timedelta) -> None:
    step = next_step(DUE, NOON - lead - within, lead)
    assert (step.act, step.until) == (NextAct.WAIT, NOON)


@pytest.mark.parametrize("lead", [timedelta(0), TICK, 2 * SECOND])
@pytest.mark.parametrize("beyond", [BEYOND_LEAD + TICK, MINUTE, WINDOW])
def test_a_delivery_due_later_is_let_be(lead: timedelta, beyond: timedelta) -> None:
    assert next_step(DUE, NOON - lead - beyond, lead).act is NextAct.LET_BE


@pytest.mark.parametrize("tries", [0, 1, 4])
def test_a_delivery_overdue_past_its_window_is_missed_however_often_it_was_tried(tries: int) -> None:
    tried = replace(DUE, tries_used=tries, attempts=tries)
    assert next_step(tried, NOON + WINDOW).act is NextAct.SEND
    assert next_step(tried, NOON + WINDOW + TICK).act is NextAct.MISS


@pytest.mark.parametrize("how", [TryEnd.THROTTLED, TryEnd.NOT_SENT, TryEnd.AUTH])
def test_what_would_be_due_again_only_past_its_window_is_missed_and_says_why(how: TryEnd) -> None:
    claim = claimed(DUE, NOON + WINDOW - TICK)
    outcome = ended(how, wait=MINUTE if how is not TryEnd.NOT_SENT else None)
    delivery = concluded(claim, outcome, NOON + WINDOW - TICK, LOOK_UP, chance=0)
    assert (delivery.status, delivery.lease, delivery.may_be_out) == (Status.MISSED, None, False)
    assert delivery.reason is not None
    assert delivery.reason.sentence == "It was overdue past its window. Last: What the network said."


@pytest.mark.parametrize("how", [TryEnd.THROTTLED, TryEnd.NOT_SENT, TryEnd.AUTH, TryEnd.AMBIGUOUS, TryEnd.REJECTED])
def test_what_may_be_out_is_never_missed_however_late_it_is(how: TryEnd) -> None:
    for rules in (LOOK_UP, RESEND, NONE):
        again = claimed(uncertain(RESEND), NOON + MINUTE)
        delivery = concluded(again, ended(how), NOON + 2 * WINDOW, rules, chance=0)
        assert delivery.may_be_out
        assert delivery.status in {Status.PUBLISHING, Status.UNCONFIRMED}


def test_a_cancel_wins_over_the_end_of_the_window() -> None:
    claim = replace(claimed(DUE, NOON + WINDOW), cancel_asked="No.")
    assert after(TryEnd.NOT_SENT, claim, at=NOON + WINDOW).status is Status.CANCELLED


def test_two_clean_looks_past_the_window_end_as_missed() -> None:
    first = looked(looking(uncertain(), NOON + 2 * WINDOW), CLEAR, NOON + 2 * WINDOW, LOOK_UP, chance=0)
    second = looking(first, next_moment(first))
    assert looked(second, CLEAR, next_moment(first), LOOK_UP, chance=0).status is Status.MISSED


def test_what_knows_our_key_is_not_sent_again_past_its_window_to_find_out() -> None:
    late = NOON + WINDOW + TICK
    delivery = uncertain(RESEND)
    assert how_to_find_out(delivery, NOON + WINDOW, RESEND) is ReconcileStep.SEND_AGAIN
    assert how_to_find_out(delivery, late, RESEND) is ReconcileStep.STOP
    lost = concluded(claimed(), ended(TryEnd.AMBIGUOUS), late, RESEND, chance=0)
    assert lost.status is Status.UNCONFIRMED
    assert lost.reason is not None
    assert "Its window is over" in lost.reason.sentence


# A request that must not leave any more.


@pytest.mark.parametrize("code", sorted(STOPS))
def test_a_request_that_was_not_begun_uses_no_try(code: str) -> None:
    delivery = concluded(claimed(), ended(TryEnd.NOT_SENT, code=code), NOON + SECOND, LOOK_UP, chance=0)
    assert (delivery.status, delivery.tries_used, delivery.next_at) == (Status.SCHEDULED, 0, NOON + SECOND)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (CALLED_OFF, Status.UNCONFIRMED),
        (WINDOW_OVER, Status.UNCONFIRMED),
        (PAUSED, Status.PUBLISHING),
        (CLAIM_LOST, Status.PUBLISHING),
        (NOT_READ, Status.PUBLISHING),
    ],
)
def test_what_may_be_out_and_must_not_be_sent_again_waits_or_is_left_to_a_person(code: str, status: Status) -> None:
    again = claimed(uncertain(RESEND), NOON + MINUTE)
    delivery = concluded(again, ended(TryEnd.NOT_SENT, code=code), NOON + MINUTE, RESEND, chance=0)
    assert (delivery.status, delivery.may_be_out, delivery.lease) == (status, True, None)


# An account that cannot be asked.


def test_what_may_be_out_and_cannot_be_asked_for_a_day_is_left_to_a_person() -> None:
    delivery = waiting(uncertain(), NOON + MINUTE, sentence="Paused.", now=NOON)
    assert (delivery.status, delivery.unasked_since) == (Status.PUBLISHING, NOON)
    almost = waiting(delivery, NOON + ASKED_WITHIN, sentence="Paused.", now=NOON + ASKED_WITHIN - TICK)
    assert (almost.status, almost.unasked_since) == (Status.PUBLISHING, NOON)
    at_last = waiting(almost, NOON + WINDOW, sentence="Paused.", now=NOON + ASKED_WITHIN)
    assert (at_last.status, at_last.may_be_out) == (Status.UNCONFIRMED, True)
    assert at_last.reason is not None
    assert at_last.reason.sentence == "It may be out, and for a day nobody could be asked. Paused."


@pytest.mark.parametrize("seen", [UNCLEAR, CLEAR])
def test_a_look_that_asked_begins_the_day_anew(seen: LookResult) -> None:
    unasked = replace(looking(uncertain(), NOON + MINUTE), unasked_since=NOON)
    assert looked(unasked, seen, NOON + MINUTE, LOOK_UP, chance=0).unasked_since is None


def test_a_look_that_could_not_ask_counts_towards_the_day() -> None:
    nobody = LookResult(sentence="No key.", asked=False)
    first = looked(looking(uncertain(), NOON + MINUTE), nobody, NOON + MINUTE, LOOK_UP, chance=0)
    assert first.unasked_since == NOON + MINUTE
    late = NOON + MINUTE + ASKED_WITHIN
    assert looked(looking(first, late), nobody, late, LOOK_UP, chance=0).status is Status.UNCONFIRMED


@pytest.mark.parametrize("how", [TryEnd.THROTTLED, TryEnd.AUTH])
def test_a_network_that_puts_us_off_for_a_day_leaves_what_may_be_out_to_a_person(how: TryEnd) -> None:
    endless = replace(uncertain(RESEND), not_after=None)
    first = concluded(claimed(endless, NOON + MINUTE), ended(how), NOON + MINUTE, RESEND, chance=0)
    assert (first.status, first.unasked_since) == (Status.PUBLISHING, NOON + MINUTE)
    late = NOON + MINUTE + ASKED_WITHIN
    assert concluded(claimed(first, late), ended(how), late, RESEND, chance=0).status is Status.UNCONFIRMED
    assert concluded(claimed(first, late), ended(TryEnd.AMBIGUOUS), late, RESEND, chance=0).unasked_since is None


def test_a_delivery_without_a_window_is_never_missed() -> None:
    assert next_step(replace(DUE, not_after=None), NOON + 1000 * WINDOW).act is NextAct.SEND


def test_a_claimed_delivery_is_let_be_until_its_lease_ends() -> None:
    assert next_step(claimed(), NOON + SECOND).act is NextAct.LET_BE
    assert next_step(claimed(), NOON + LEASE - BEYOND_LEAD - TICK).act is NextAct.LET_BE


def test_a_lease_that_ended_without_an_answer_is_to_be_found_out() -> None:
    assert next_step(claimed(), NOON + LEASE).act is NextAct.FIND_OUT


def test_a_delivery_that_may_be_out_is_found_out_and_never_simply_sent() -> None:
    delivery = uncertain()
    assert next_step(delivery, next_moment(delivery)).act is NextAct.FIND_OUT
    assert next_step(delivery, next_moment(delivery) + 2 * WINDOW).act is NextAct.FIND_OUT


# A claim.


def test_a_claim_is_publishing_with_a_lease_and_the_frozen_request() -> None:
    claim = claimed()
    assert claim.status is Status.PUBLISHING
    assert claim.frozen == FROZEN
    assert claim.lease is not None
    assert (claim.lease.claim_id, claim.lease.attempt, claim.lease.sends) == ("c", 1, True)
    assert (claim.lease.started_at, claim.lease.until) == (NOON, NOON + LEASE)


def test_a_claim_is_looked_at_again_when_its_lease_ends() -> None:
    assert claimed().next_at == NOON + LEASE


def test_each_claim_to_send_is_the_next_try() -> None:
    second = claimed(after(TryEnd.NOT_SENT), NOON + MINUTE)
    assert second.attempts == 2
    assert second.lease is not None
    assert second.lease.attempt == 2


def test_a_claim_alone_uses_no_try() -> None:
    assert claimed().tries_used == 0


def test_a_claim_to_look_sends_nothing_and_is_no_new_try() -> None:
    claim = looking(uncertain(), NOON + 2 * MINUTE)
    assert claim.lease is not None
    assert not claim.lease.sends
    assert (claim.attempts, claim.tries_used, claim.looks) == (1, 1, 1)
    assert claim.may_be_out


@pytest.mark.parametrize("status", sorted(set(Status) - {Status.SCHEDULED, Status.PUBLISHING}))
def test_nothing_else_can_be_claimed(status: Status) -> None:
    with pytest.raises(IllegalTransitionError):
        claimed(replace(DUE, status=status))
    with pytest.raises(IllegalTransitionError):
        looking(replace(DUE, status=status), NOON)


def test_a_scheduled_delivery_is_not_looked_for() -> None:
    with pytest.raises(IllegalTransitionError):
        looking(DUE, NOON)


# How a try ends.


@every_remedy
def test_published_is_out_with_the_networks_id_at_the_moment_of_its_answer(rules: Rules) -> None:
    outcome = ended(TryEnd.PUBLISHED, network_id="urn:1", permalink="https://net/1")
    delivery = concluded(claimed(), outcome, NOON + SECOND, rules, chance=0)
    assert delivery.status is Status.PUBLISHED
    assert (delivery.network_id, delivery.permalink) == ("urn:1", "https://net/1")
    assert delivery.published_at == NOON + SECOND
    assert (delivery.next_at, delivery.lease, delivery.may_be_out) == (None, None, False)


@every_remedy
@pytest.mark.parametrize("how", [TryEnd.REJECTED, TryEnd.ALREADY_THERE])
def test_a_refusal_without_an_uncertain_try_fails_for_good_with_the_networks_reason(how: TryEnd, rules: Rules) -> None:
    delivery = after(how, rules=rules)
    assert delivery.status is Status.FAILED
    assert delivery.reason is not None
    assert (delivery.reason.code, delivery.reason.sentence) == ("code", "What the network said.")


@every_remedy
def test_throttled_uses_no_try_and_comes_back_no_earlier_than_the_network_said(rules: Rules) -> None:
    for chance in (0, 0.5, 0.99):
        outcome = ended(TryEnd.THROTTLED, wait=timedelta(minutes=7))
        delivery = concluded(claimed(), outcome, NOON, rules, chance=chance)
        assert delivery.status is Status.SCHEDULED
        assert delivery.tries_used == 0
        assert next_moment(delivery) >= NOON + timedelta(minutes=7)


def test_throttled_without_a_signal_backs_off() -> None:
    assert after(TryEnd.THROTTLED).next_at == NOON + RESEND.backoff.first


def test_throttled_past_its_window_is_missed_at_once() -> None:
    outcome = ended(TryEnd.THROTTLED, wait=WINDOW + SECOND)
    assert concluded(claimed(), outcome, NOON, LOOK_UP, chance=0).status is Status.MISSED


@every_remedy
def test_not_sent_uses_a_try_and_is_due_again_after_the_back_off(rules: Rules) -> None:
    delivery = after(TryEnd.NOT_SENT, rules=rules)
    assert (delivery.status, delivery.tries_used, delivery.lease) == (Status.SCHEDULED, 1, None)
    assert delivery.next_at == NOON + rules.backoff.wait(1, chance=0)
    second = after(TryEnd.NOT_SENT, claimed(delivery), rules=rules)
    assert second.next_at == NOON + rules.backoff.wait(2, chance=0)


@every_remedy
def test_not_sent_for_the_last_time_fails_since_it_is_surely_not_out(rules: Rules) -> None:
    last = replace(claimed(), tries_used=rules.tries - 1)
    delivery = after(TryEnd.NOT_SENT, last, rules=rules)
    assert (delivery.status, delivery.tries_used) == (Status.FAILED, rules.tries)


@every_remedy
def test_a_cancel_that_came_during_a_try_without_an_answer_is_never_answered_by_sending_again(rules: Rules) -> None:
    claim = replace(claimed_to_send(DUE, NOON, claim_id="c", lease_for=MINUTE, frozen=FROZEN), cancel_asked="No.")
    outcome = Outcome(ended=TryEnd.AMBIGUOUS, code="no_answer", sentence="Nothing came.")
    delivery = concluded(claim, outcome, NOON + SECOND, rules, chance=0)
    if rules.remedy is ReconcileMethod.LOOK_UP:
        assert how_to_find_out(delivery, NOON + 10 * MINUTE, rules) is ReconcileStep.LOOK
    else:
        assert delivery.status is Status.UNCONFIRMED


@every_remedy
def test_a_dead_token_burns_no_try_and_leaves_the_delivery_to_the_hold_of_its_account(rules: Rules) -> None:
    delivery = after(TryEnd.AUTH, rules=rules)
    assert (delivery.status, delivery.tries_used) == (Status.SCHEDULED, 0)
    assert delivery.reason is not None
    assert delivery.reason.sentence == "What the network said."


@every_remedy
def test_an_ambiguous_try_may_be_out_since_it_began(rules: Rules) -> None:
    delivery = after(TryEnd.AMBIGUOUS, rules=rules, at=NOON + SECOND)
    assert (delivery.may_be_out, delivery.uncertain_since, delivery.tries_used) == (True, NOON, 1)
    assert delivery.settle_from == NOON + SECOND


def test_an_ambiguous_try_is_looked_for_after_the_settle_time() -> None:
    delivery = uncertain(LOOK_UP)
    assert delivery.status is Status.PUBLISHING
    assert delivery.next_at == NOON + SETTLE + TICK


def test_an_ambiguous_try_is_sent_again_where_the_network_knows_our_key() -> None:
    delivery = uncertain(RESEND)
    assert delivery.status is Status.PUBLISHING
    assert delivery.next_at == NOON + RESEND.backoff.wait(1, chance=0)
    assert how_to_find_out(delivery, next_moment(delivery), RESEND) is ReconcileStep.SEND_AGAIN


def test_an_ambiguous_try_that_nothing_can_find_out_is_unconfirmed_at_once() -> None:
    delivery = uncertain(NONE)
    assert (delivery.status, delivery.may_be_out) == (Status.UNCONFIRMED, True)


def test_the_first_uncertain_try_stays_the_one_that_is_looked_for() -> None:
    again = claimed(uncertain(RESEND), NOON + MINUTE)
    delivery = after(TryEnd.AMBIGUOUS, again, rules=RESEND, at=NOON + MINUTE)
    assert delivery.uncertain_since == NOON
    assert delivery.settle_from == NOON + MINUTE


@pytest.mark.parametrize("how", [TryEnd.NOT_SENT, TryEnd.THROTTLED, TryEnd.AUTH, TryEnd.REJECTED, TryEnd.ALREADY_THERE])
def test_a_later_try_that_is_not_out_says_nothing_about_an_earlier_one(how: TryEnd) -> None:
    delivery = after(how, claimed(uncertain(RESEND), NOON + MINUTE), rules=RESEND, at=NOON + MINUTE)
    assert delivery.may_be_out
    assert delivery.status is Status.PUBLISHING
    assert next_moment(delivery) > NOON + MINUTE


def test_already_there_after_an_uncertain_try_is_looked_for_to_be_adopted() -> None:
    again = claimed(uncertain(LOOK_UP), NOON + MINUTE)
    delivery = after(TryEnd.ALREADY_THERE, again, rules=LOOK_UP, at=NOON + MINUTE)
    assert next_moment(delivery) > NOON + MINUTE + SETTLE
    assert how_to_find_out(delivery, next_moment(delivery), LOOK_UP) is ReconcileStep.LOOK


def test_a_new_doubt_has_all_its_looks_before_it() -> None:
    again = replace(claimed(uncertain(LOOK_UP), NOON + MINUTE), looks=3, clean_looks=(NOON,))
    for delivery in (after(TryEnd.ALREADY_THERE, again), after(TryEnd.AMBIGUOUS, again), with_expired_lease(again)):
        assert (delivery.looks, delivery.clean_looks) == (0, ())


def test_sending_again_stops_when_the_tries_are_used_up() -> None:
    delivery = replace(claimed(uncertain(RESEND)), tries_used=RESEND.tries - 1)
    assert after(TryEnd.AMBIGUOUS, delivery, rules=RESEND).status is Status.UNCONFIRMED
    assert how_to_find_out(replace(delivery, tries_used=RESEND.tries), NOON, RESEND) is ReconcileStep.STOP


@every_remedy
@pytest.mark.parametrize("how", TryEnd)
def test_a_try_that_ended_leaves_no_lease(how: TryEnd, rules: Rules) -> None:
    assert after(how, rules=rules).lease is None


@every_remedy
@pytest.mark.parametrize("how", sorted(set(TryEnd) - {TryEnd.PUBLISHED}))
def test_a_try_without_a_publication_always_says_why(how: TryEnd, rules: Rules) -> None:
    delivery = after(how, rules=rules)
    assert delivery.reason is not None
    assert (delivery.reason.code, delivery.reason.at) == ("code", NOON)


def test_an_outcome_without_a_code_is_named_by_how_it_ended() -> None:
    delivery = concluded(claimed(), Outcome(ended=TryEnd.NOT_SENT), NOON, LOOK_UP, chance=0)
    assert delivery.reason is not None
    assert delivery.reason.code == "not_sent"


# A worker that died.


def test_a_death_counts_as_a_try_that_may_be_out() -> None:
    dead = with_expired_lease(claimed())
    assert (dead.deaths, dead.tries_used, dead.may_be_out, dead.lease) == (1, 1, True, None)
    assert dead.uncertain_since == NOON


def test_after_a_death_the_settle_time_runs_from_the_leases_end() -> None:
    assert with_expired_lease(claimed()).settle_from == NOON + LEASE
    assert first_look(with_expired_lease(claimed()), LOOK_UP) == NOON + LEASE + SETTLE + TICK


def test_a_death_while_looking_uses_no_try_and_forgets_no_clean_look() -> None:
    claim = replace(looking(uncertain(), NOON + 2 * MINUTE), clean_looks=(NOON,))
    dead = with_expired_lease(claim)
    assert (dead.deaths, dead.tries_used, dead.clean_looks) == (1, 1, (NOON,))
    assert dead.settle_from == claim.settle_from


def test_a_death_while_sending_forgets_the_clean_looks_before_it() -> None:
    again = claimed(replace(uncertain(RESEND), clean_looks=(NOON,), looks=3), NOON + MINUTE)
    dead = with_expired_lease(again)
    assert (dead.clean_looks, dead.looks) == ((), 0)


def test_a_delivery_without_a_lease_has_nothing_to_bury() -> None:
    assert with_expired_lease(uncertain()) == uncertain()


@every_remedy
def test_after_three_deaths_a_delivery_stops(rules: Rules) -> None:
    dead = replace(with_expired_lease(claimed()), deaths=DEATHS_AT_MOST)
    assert how_to_find_out(dead, NOON + WINDOW, rules) is ReconcileStep.STOP
    assert lost_track(dead, NOON + WINDOW, sentence="It killed three workers.").status is Status.UNCONFIRMED


def test_a_death_where_nothing_can_be_asked_stops_at_once() -> None:
    assert how_to_find_out(with_expired_lease(claimed()), NOON + LEASE, NONE) is ReconcileStep.STOP


# Looks.


def test_before_the_settle_time_is_over_nobody_looks() -> None:
    delivery = uncertain()
    assert how_to_find_out(delivery, NOON + SETTLE, LOOK_UP) is ReconcileStep.LATER
    assert how_to_find_out(delivery, NOON + SETTLE + TICK, LOOK_UP) is ReconcileStep.LOOK
    assert postponed(delivery, LOOK_UP).next_at == NOON + SETTLE + TICK


def test_a_post_that_is_found_is_adopted() -> None:
    found = FoundPost(network_id="urn:1", text="Hello", created_at=NOON + SECOND, permalink="https://net/1")
    claim = looking(uncertain(), NOON + 2 * MINUTE)
    delivery = looked(claim, LookResult(found=found), NOON + 2 * MINUTE, LOOK_UP, chance=0)
    assert delivery.status is Status.PUBLISHED
    assert (delivery.network_id, delivery.permalink) == ("urn:1", "https://net/1")
    assert delivery.published_at == NOON + SECOND


def test_a_found_post_is_never_older_than_its_try_whatever_the_networks_clock_says() -> None:
    found = FoundPost(network_id="urn:1", text="Hello", created_at=NOON - MINUTE)
    claim = looking(uncertain(), NOON + 2 * MINUTE)
    assert looked(claim, LookResult(found=found), NOON + 2 * MINUTE, LOOK_UP, chance=0).published_at == NOON


def test_one_clean_look_clears_nothing_and_asks_for_a_second() -> None:
    at = NOON + 2 * MINUTE
    delivery = looked(looking(uncertain(), at), CLEAR, at, LOOK_UP, chance=0)
    assert (delivery.status, delivery.may_be_out) == (Status.PUBLISHING, True)
    assert delivery.next_at == at + BETWEEN_LOOKS


def second_look(apart: timedelta, delivery: Delivery | None = None) -> Delivery:
    at = NOON + 2 * MINUTE
    once = looked(looking(delivery or uncertain(), at), CLEAR, at, LOOK_UP, chance=0)
    return looked(looking(once, at + apart), CLEAR, at + apart, LOOK_UP, chance=0)


def test_two_clean_looks_closer_than_30_seconds_clear_nothing() -> None:
    delivery = second_look(BETWEEN_LOOKS - TICK)
    assert (delivery.status, delivery.may_be_out) == (Status.PUBLISHING, True)
    assert delivery.next_at == NOON + 2 * MINUTE + BETWEEN_LOOKS


def test_two_clean_looks_30_seconds_apart_clear_it_to_be_sent_again_now() -> None:
    delivery = second_look(BETWEEN_LOOKS)
    assert (delivery.status, delivery.may_be_out) == (Status.SCHEDULED, False)
    assert delivery.next_at == NOON + 2 * MINUTE + BETWEEN_LOOKS
    assert (delivery.clean_looks, delivery.looks, delivery.settle_from) == ((), 0, None)


def test_a_cleared_delivery_keeps_its_frozen_request_and_its_used_tries() -> None:
    delivery = second_look(BETWEEN_LOOKS)
    assert (delivery.frozen, delivery.tries_used, delivery.attempts) == (FROZEN, 1, 1)


def test_a_cleared_delivery_whose_tries_are_used_up_fails() -> None:
    delivery = second_look(BETWEEN_LOOKS, replace(uncertain(), tries_used=LOOK_UP.tries))
    assert (delivery.status, delivery.may_be_out) == (Status.FAILED, False)


def test_an_unclear_look_undoes_the_clean_one_before_it() -> None:
    at = NOON + 2 * MINUTE
    once = looked(looking(uncertain(), at), CLEAR, at, LOOK_UP, chance=0)
    twice = looked(looking(once, at + MINUTE), UNCLEAR, at + MINUTE, LOOK_UP, chance=0)
    assert (twice.status, twice.clean_looks) == (Status.PUBLISHING, ())
    thrice = looked(looking(twice, at + 2 * MINUTE), CLEAR, at + 2 * MINUTE, LOOK_UP, chance=0)
    assert thrice.may_be_out


def test_after_an_unclear_look_the_next_comes_no_earlier_than_the_network_asked() -> None:
    at = NOON + 2 * MINUTE
    asked = LookResult(sentence="Too many requests.", wait=timedelta(minutes=20))
    delivery = looked(looking(uncertain(), at), asked, at, LOOK_UP, chance=0)
    assert next_moment(delivery) >= at + timedelta(minutes=20)


def test_an_unclear_look_says_why() -> None:
    at = NOON + 2 * MINUTE
    delivery = looked(looking(uncertain(), at), UNCLEAR, at, LOOK_UP, chance=0)
    assert delivery.reason is not None
    assert delivery.reason.sentence == UNCLEAR.sentence


def test_the_tenth_unclear_look_is_the_last() -> None:
    delivery, at = uncertain(), NOON + 2 * MINUTE
    for number in range(1, LOOKS_AT_MOST + 1):
        assert how_to_find_out(delivery, at, LOOK_UP) is ReconcileStep.LOOK
        delivery = looked(looking(delivery, at), UNCLEAR, at, LOOK_UP, chance=0)
        assert (delivery.status is Status.UNCONFIRMED) == (number == LOOKS_AT_MOST)
        at = next_moment(delivery)


def test_looks_that_kill_their_worker_are_counted_too() -> None:
    delivery = replace(uncertain(), looks=LOOKS_AT_MOST)
    assert how_to_find_out(delivery, NOON + WINDOW, LOOK_UP) is ReconcileStep.STOP


# A cancel that was asked for while it was being published.


def asked(delivery: Delivery) -> Delivery:
    return replace(delivery, cancel_asked="Changed my mind.")


@every_remedy
@pytest.mark.parametrize("how", [TryEnd.NOT_SENT, TryEnd.THROTTLED, TryEnd.AUTH])
def test_a_cancel_wins_at_any_return_to_scheduled(how: TryEnd, rules: Rules) -> None:
    delivery = after(how, asked(claimed()), rules=rules)
    assert delivery.status is Status.CANCELLED
    assert delivery.reason is not None
    assert delivery.reason.sentence == "Changed my mind."


def test_a_cancel_wins_when_two_clean_looks_clear_the_doubt() -> None:
    assert second_look(BETWEEN_LOOKS, asked(uncertain())).status is Status.CANCELLED


@every_remedy
def test_a_cancel_loses_against_a_publication(rules: Rules) -> None:
    assert after(TryEnd.PUBLISHED, asked(claimed()), rules=rules).status is Status.PUBLISHED


def test_a_cancel_of_what_may_be_out_waits_until_that_is_known() -> None:
    for delivery in (after(TryEnd.AMBIGUOUS, asked(claimed())), second_look(SECOND, asked(uncertain()))):
        assert (delivery.status, delivery.cancel_asked) == (Status.PUBLISHING, "Changed my mind.")


# Rests.


def test_a_missed_delivery_says_since_when() -> None:
    delivery = missed(DUE, NOON + 2 * WINDOW)
    assert (delivery.status, delivery.next_at) == (Status.MISSED, NOON + 2 * WINDOW)


def test_a_held_delivery_uses_no_try_and_is_due_at_once_when_released() -> None:
    delivery = held(DUE, NOON, sentence="Its account is paused.")
    assert (delivery.status, delivery.tries_used) == (Status.HELD, 0)
    free = released(delivery, NOON + MINUTE)
    assert (free.status, free.next_at, free.reason) == (Status.SCHEDULED, NOON + MINUTE, None)


def test_a_delivery_that_may_be_out_cannot_be_held_or_missed() -> None:
    with pytest.raises(IllegalTransitionError):
        held(uncertain(), NOON, sentence="Its account is paused.")
    with pytest.raises(IllegalTransitionError):
        missed(uncertain(), NOON)


def test_a_delivery_whose_account_cannot_be_asked_waits_without_losing_its_doubt() -> None:
    delivery = waiting(uncertain(), NOON + MINUTE, sentence="Its account needs its owner.", now=NOON)
    assert (delivery.status, delivery.may_be_out, delivery.next_at) == (Status.PUBLISHING, True, NOON + MINUTE)


def test_what_is_published_stays_published() -> None:
    out = published(claimed(), NOON, network_id="1", permalink="")
    for step in (
        lambda: claimed(out),
        lambda: looking(out, NOON),
        lambda: held(out, NOON, sentence=""),
        lambda: missed(out, NOON),
        lambda: lost_track(out, NOON, sentence=""),
        lambda: after(TryEnd.NOT_SENT, out),
    ):
        with pytest.raises(IllegalTransitionError):
            step()


# Whatever happens: random histories against an honest network and an independent account of the doubt.


@dataclass(frozen=True, kw_only=True)
class Fate:
    """What becomes of one claim.

    Attributes:
        dies: The worker does not come back.
        how: How the try ends, if it is a try.
        out: An ambiguous or deadly try is out in truth.
        unclear: The look does not work, if it is a look.
        takes: Share of the lease until the end.
        shows: Share of the settle time until the account shows the post.
        late: How long after its moment somebody meets the delivery.
        cancels: Its author asks for a cancel while it is claimed.
    """

    dies: bool = False
    how: TryEnd = TryEnd.AMBIGUOUS
    out: bool = False
    unclear: bool = True
    takes: float = 0.5
    shows: float = 1.0
    late: timedelta = timedelta(0)
    cancels: bool = False


@dataclass
class History:
    """A worker, a network that shows each post within its settle time, and what we may believe."""

    rules: Rules
    fates: list[Fate]
    the_end: Fate
    now: datetime = NOON
    delivery: Delivery = DUE
    shown_from: list[datetime] = field(default_factory=list)
    doubt: bool = False
    settled: datetime = NOON
    clean: list[datetime] = field(default_factory=list)
    steps: int = 0
    free_tries: int = 0

    def run(self) -> None:
        while self.delivery.status in {Status.SCHEDULED, Status.PUBLISHING}:
            self.steps += 1
            assert self.steps < 500, "this never ends"
            self.one(self.fates.pop(0) if self.fates else self.the_end)

    def one(self, fate: Fate) -> None:
        self.now = max(self.now, next_moment(self.delivery)) + fate.late
        step = next_step(self.delivery, self.now)
        if step.act is NextAct.MISS:
            self.become(missed(self.delivery, self.now))
        elif step.act is NextAct.SEND:
            self.send(self.delivery, fate)
        else:
            assert step.act is NextAct.FIND_OUT
            self.find_out(fate)

    def find_out(self, fate: Fate) -> None:
        dead = with_expired_lease(self.delivery)
        match how_to_find_out(dead, self.now, self.rules):
            case ReconcileStep.STOP:
                self.become(lost_track(dead, self.now, sentence="Nobody knows."))
            case ReconcileStep.LATER:
                self.become(postponed(dead, self.rules))
            case ReconcileStep.SEND_AGAIN:
                assert self.rules.remedy is ReconcileMethod.RESEND
                self.send(dead, fate)
            case ReconcileStep.LOOK:
                self.look(dead, fate)

    def send(self, delivery: Delivery, fate: Fate) -> None:
        assert not self.doubt or self.rules.remedy is ReconcileMethod.RESEND, "sent again in doubt"
        assert not delivery.is_past_window(self.now), "sent past its window"
        assert not delivery.cancel_asked, "sent though it was called off"
        self.become(claimed(delivery, self.now))
        if fate.cancels:
            self.become(replace(self.delivery, cancel_asked="Changed my mind."))
        until = self.now + LEASE
        heard = self.now + LEASE * fate.takes
        if fate.how is TryEnd.PUBLISHED or ((fate.dies or fate.how is TryEnd.AMBIGUOUS) and fate.out):
            self.put_out(heard, fate)
        if fate.dies:
            self.doubts(until)
            return
        how = TryEnd.REJECTED if fate.how is TryEnd.ALREADY_THERE and not self.shown_from else fate.how
        self.now = heard
        if how is TryEnd.AMBIGUOUS or (how is TryEnd.ALREADY_THERE and self.doubt):
            self.doubts(heard)
        if how in {TryEnd.THROTTLED, TryEnd.AUTH}:
            self.free_tries += 1
        if how is TryEnd.PUBLISHED:
            self.doubt = False
        outcome = ended(how, network_id="1" if how is TryEnd.PUBLISHED else "")
        self.become(concluded(self.delivery, outcome, heard, self.rules, chance=fate.takes))

    def put_out(self, at: datetime, fate: Fate) -> None:
        knows_our_key = self.rules.remedy is ReconcileMethod.RESEND
        if not (self.shown_from and knows_our_key):
            self.shown_from.append(at + SETTLE * fate.shows)

    def look(self, dead: Delivery, fate: Fate) -> None:
        began = self.now
        self.become(looking(dead, began))
        self.now += LEASE * fate.takes
        if fate.dies:
            return
        shown = [at for at in self.shown_from if at <= began]
        if fate.unclear:
            seen = UNCLEAR
            self.clean = []
        elif shown:
            seen = LookResult(found=FoundPost(network_id="1", text="Hello", created_at=shown[0]))
            self.doubt = False
        else:
            seen = CLEAR
            if began > self.settled + SETTLE:
                self.clean.append(self.now)
            if len(self.clean) > 1 and self.clean[-1] - self.clean[0] >= BETWEEN_LOOKS:
                self.doubt = False
        self.become(looked(self.delivery, seen, self.now, self.rules, chance=fate.takes))

    def doubts(self, since: datetime) -> None:
        self.doubt, self.clean = True, []
        self.settled = max(self.settled, since)

    def become(self, then: Delivery) -> None:
        self.follows_the_table(self.delivery.status, then.status)
        self.delivery = then
        if self.doubt and not then.lease:
            assert then.status in {Status.PUBLISHING, Status.UNCONFIRMED}, "surely not out, in doubt"
            assert then.may_be_out
        if then.status not in {Status.PUBLISHING, Status.UNCONFIRMED}:
            assert not then.may_be_out
            assert then.lease is None
        assert then.tries_used <= self.rules.tries
        assert then.deaths <= DEATHS_AT_MOST
        assert then.looks <= LOOKS_AT_MOST
        assert then.next_at is not None or then.status not in WATCHED
        assert not (then.cancel_asked and then.status in {Status.SCHEDULED, Status.HELD}), "a cancel was forgotten"
        assert len(self.shown_from) <= 1, "out twice"
        late = then.status is Status.SCHEDULED and then.is_past_window(next_moment(then))
        assert not late, "due again past its window"

    def follows_the_table(self, before: Status, then: Status) -> None:
        by_put_back = before is Status.PUBLISHING and then in {Status.CANCELLED, Status.MISSED}
        assert by_put_back or before is then or any((row.source, row.target) == (before, then) for row in TRANSITIONS)


def fates(*, without: frozenset[TryEnd] = frozenset()) -> st.SearchStrategy[Fate]:
    return st.builds(
        Fate,
        dies=st.sampled_from([False, False, False, True]),
        how=st.sampled_from([how for how in TryEnd if how not in without] + [TryEnd.AMBIGUOUS] * 4),
        out=st.booleans(),
        unclear=st.sampled_from([False, False, True]),
        takes=st.sampled_from([0.01, 0.5, 0.99]),
        shows=st.sampled_from([0.0, 0.5, 1.0]),
        late=st.sampled_from([timedelta(0), SECOND, MINUTE, WINDOW]),
        cancels=st.sampled_from([False] * 9 + [True]),
    )


the_ends = st.sampled_from(
    [
        Fate(),
        Fate(out=True),
        Fate(dies=True),
        Fate(dies=True, out=True),
        Fate(how=TryEnd.NOT_SENT),
        Fate(how=TryEnd.NOT_SENT, unclear=False),
        Fate(unclear=False),
        Fate(out=True, unclear=False),
    ]
)
"""The ways in which a network stops answering."""

many = settings(deadline=None, max_examples=250)


@many
@given(st.sampled_from([LOOK_UP, NONE, RESEND]), st.lists(fates(), max_size=25), the_ends)
def test_a_delivery_that_may_be_out_never_returns_to_scheduled_before_two_clean_looks(
    rules: Rules, script: list[Fate], the_end: Fate
) -> None:
    # `History` keeps its own account of the doubt and compares at every step.
    history = History(rules=rules, fates=list(script), the_end=the_end)
    history.run()
    noted(f"{rules.remedy}: {history.delivery.status}")
    if history.delivery.may_be_out:
        assert history.delivery.status is Status.UNCONFIRMED


@many
@given(st.sampled_from([LOOK_UP, NONE, RESEND]), st.lists(fates(), max_size=25), the_ends)
def test_nothing_is_out_twice_and_what_is_said_to_be_out_or_not_is_so(
    rules: Rules, script: list[Fate], the_end: Fate
) -> None:
    history = History(rules=rules, fates=list(script), the_end=the_end)
    history.run()
    if history.delivery.status is Status.PUBLISHED:
        assert len(history.shown_from) == 1
    if history.delivery.status in {Status.FAILED, Status.MISSED, Status.HELD, Status.CANCELLED}:
        assert history.shown_from == []


@many
@given(st.sampled_from([LOOK_UP, NONE, RESEND]), st.lists(fates(), max_size=10), the_ends)
def test_when_the_network_stops_every_delivery_comes_to_rest_where_somebody_finds_it(
    rules: Rules, script: list[Fate], the_end: Fate
) -> None:
    history = History(rules=rules, fates=list(script), the_end=the_end)
    history.run()
    assert history.delivery.status in AT_REST
    assert history.delivery.status in WATCHED or not legal_events(history.delivery.status) - NEWS
    assert history.delivery.lease is None


@many
@given(st.sampled_from([LOOK_UP, NONE]), st.lists(fates(), max_size=40), the_ends)
def test_tries_are_bounded_whatever_the_network_does(rules: Rules, script: list[Fate], the_end: Fate) -> None:
    history = History(rules=rules, fates=list(script), the_end=the_end)
    history.run()
    refused = 1
    assert history.delivery.attempts - history.free_tries <= rules.tries + refused


def test_the_histories_reach_every_state_that_a_delivery_can_rest_in() -> None:
    """Else the properties above would prove little."""
    now = Fate(takes=0.01)
    stories: dict[Status, list[Fate]] = {
        Status.PUBLISHED: [replace(now, how=TryEnd.PUBLISHED)],
        Status.FAILED: [replace(now, how=TryEnd.REJECTED)],
        Status.UNCONFIRMED: [replace(now, unclear=True)] * 12,
        Status.MISSED: [replace(now, late=2 * WINDOW)],
    }
    for status, story in stories.items():
        history = History(rules=LOOK_UP, fates=list(story), the_end=Fate())
        history.run()
        assert history.delivery.status is status


@pytest.mark.parametrize("chance", [0.0, 0.5, 0.999])
@pytest.mark.parametrize("wait", [None, SECOND, timedelta(minutes=7), timedelta(hours=3)])
def test_a_throttled_delivery_waits_at_least_as_long_as_it_was_asked_to(wait: timedelta | None, chance: float) -> None:
    backoff = Backoff()
    delivery = concluded(claimed(), ended(TryEnd.THROTTLED, wait=wait), NOON, LOOK_UP, chance=chance)
    assert next_moment(delivery) - NOON >= (wait or backoff.first)


@pytest.mark.parametrize(
    ("make", "event"),
    [
        (lambda: after(TryEnd.PUBLISHED), Event.CONFIRM),
        (lambda: after(TryEnd.NOT_SENT), Event.PUT_BACK),
        (lambda: after(TryEnd.AMBIGUOUS), Event.LOOK_AGAIN),
        (lambda: after(TryEnd.REJECTED), Event.REJECT),
        (lambda: after(TryEnd.AMBIGUOUS, rules=NONE), Event.LOSE_TRACK),
    ],
)
def test_each_end_of_a_try_is_its_row_of_the_table(make: Callable[[], Delivery], event: Event) -> None:
    (row,) = (row for row in TRANSITIONS if (row.source, row.event) == (Status.PUBLISHING, event))
    assert make().status is row.target
