"""What each condition of a decision about a delivery is for: one case that only it decides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.delivery.conclude import concluded
from omnipub.domain.delivery.decide import (
    RESTS,
    NextAct,
    claimed_to_look,
    claimed_to_send,
    cut_short,
    has_died,
    has_slot,
    is_unresolved,
    next_step,
    resting,
    with_expired_lease,
)
from omnipub.domain.delivery.late_answers import (
    DOUBLED,
    EARLIER_REVISION,
    FOUND_ANOTHER,
    MAYBE_DOUBLED,
    OTHERS_POST,
    disowned,
    late_answer,
)
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery, DoubledPost, FrozenRequest, Lease, Reason
from omnipub.domain.delivery.moves import CANCELLED_TOO_LATE, latest
from omnipub.domain.delivery.outcome import Outcome, TryEnd, unquoted
from omnipub.domain.delivery.overdue import FRESH, is_put_again
from omnipub.domain.delivery.reconcile import BETWEEN_LOOKS, LookResult, first_look, looked
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.ids import Parent, ParentKind

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
LEASE = timedelta(seconds=70)
LOOK_UP = Rules(remedy=ReconcileMethod.LOOK_UP, settle=timedelta(seconds=90))
RESEND = Rules(remedy=ReconcileMethod.RESEND, settle=timedelta(seconds=90))
FIRST = FrozenRequest(revision=1, body={"message": "Hello"})

DUE = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A"),
    channel="linkedin",
    account="urn:li:person:1",
    owner="owner-1",
    status=Status.SCHEDULED,
    due_at=NOON,
    next_at=NOON,
    not_after=NOON + timedelta(hours=24),
)
CLAIM = claimed_to_send(DUE, NOON, claim_id="c", lease_for=LEASE, frozen=FIRST)
IN_DOUBT = replace(CLAIM, may_be_out=True, uncertain_since=NOON, settle_from=NOON, tries_used=1)
OUT = replace(CLAIM, status=Status.PUBLISHED, next_at=None, lease=None, published_at=NOON, network_id="1")
ANSWER = Outcome(ended=TryEnd.PUBLISHED, network_id="2", permalink="https://n.example/2")


def lease(*, sends: bool) -> Lease:
    return Lease(claim_id="d", attempt=2, started_at=NOON, until=NOON + LEASE, sends=sends)


def answered(
    there: Delivery,
    claim: Delivery = CLAIM,
    outcome: Outcome = ANSWER,
    *,
    text: str = "Hello",
    remedy: ReconcileMethod = ReconcileMethod.LOOK_UP,
) -> Delivery:
    return late_answer(there, claim, outcome, NOON + HOUR, text=text, remedy=remedy)


def why(delivery: Delivery) -> Reason:
    assert delivery.reason is not None
    return delivery.reason


def code(delivery: Delivery) -> str:
    return delivery.reason.code if delivery.reason else ""


# The end of a try.


def test_what_is_not_sent_while_its_account_rests_waits_for_that_and_uses_no_try() -> None:
    outcome = Outcome(ended=TryEnd.NOT_SENT)
    delivery = concluded(CLAIM, outcome, NOON, LOOK_UP, chance=0, rests_until=NOON + HOUR)
    assert (delivery.status, delivery.next_at, delivery.tries_used) == (Status.SCHEDULED, NOON + HOUR, 0)


def test_a_network_that_asks_for_a_longer_wait_than_the_accounts_rest_gets_it() -> None:
    outcome = Outcome(ended=TryEnd.THROTTLED, wait=2 * HOUR)
    assert concluded(CLAIM, outcome, NOON, LOOK_UP, chance=0, rests_until=NOON + HOUR).next_at == NOON + 2 * HOUR


def test_a_post_is_out_since_the_network_named_its_id_not_since_the_try_ended() -> None:
    outcome = replace(ANSWER, at=NOON + SECOND)
    assert concluded(CLAIM, outcome, NOON + MINUTE, LOOK_UP, chance=0).published_at == NOON + SECOND


def test_an_account_that_gets_a_new_token_is_asked_when_it_has_it() -> None:
    outcome = Outcome(ended=TryEnd.AUTH, wait=MINUTE)
    assert concluded(CLAIM, outcome, NOON, LOOK_UP, chance=0).next_at == NOON + MINUTE


@pytest.mark.parametrize(
    ("unasked_since", "status", "reason"),
    [(None, Status.PUBLISHING, "190"), (NOON - 24 * HOUR, Status.UNCONFIRMED, "unconfirmed")],
    ids=["it waits", "nobody could be asked for a day"],
)
def test_what_may_be_out_says_what_the_network_said_until_a_person_decides(
    unasked_since: datetime | None, status: Status, reason: str
) -> None:
    claim = replace(IN_DOUBT, unasked_since=unasked_since)
    delivery = concluded(claim, Outcome(ended=TryEnd.THROTTLED, code="190"), NOON, LOOK_UP, chance=0)
    assert (delivery.status, code(delivery)) == (status, reason)


def test_an_uncertain_try_without_a_lease_is_uncertain_since_it_ended() -> None:
    delivery = concluded(replace(CLAIM, lease=None), Outcome(ended=TryEnd.AMBIGUOUS), NOON + MINUTE, LOOK_UP, chance=0)
    assert (delivery.may_be_out, delivery.uncertain_since) == (True, NOON + MINUTE)


def test_an_uncertain_try_is_sent_again_no_earlier_than_the_network_asked() -> None:
    outcome = Outcome(ended=TryEnd.AMBIGUOUS, wait=HOUR)
    assert concluded(CLAIM, outcome, NOON, RESEND, chance=0).next_at == NOON + HOUR


@pytest.mark.parametrize(
    ("sentence", "ours"),
    [("It rests. It said no", "It rests. It said no"), ("It rests. It said no: “Go”", "It rests.")],
    ids=["no quotation", "a quotation"],
)
def test_only_a_sentence_with_a_quotation_is_shortened(sentence: str, ours: str) -> None:
    assert unquoted(sentence) == ours


# Finding out.


def test_a_publishing_delivery_without_any_moment_is_a_fault_of_ours() -> None:
    with pytest.raises(AssertionError, match="has a next moment"):
        first_look(replace(CLAIM, next_at=None), LOOK_UP)


@pytest.mark.parametrize(("wait", "again"), [(None, BETWEEN_LOOKS), (SECOND, BETWEEN_LOOKS), (HOUR, HOUR)])
def test_a_look_that_could_not_ask_does_not_count(wait: timedelta | None, again: timedelta) -> None:
    before = replace(IN_DOUBT, clean_looks=(NOON,), looks=8)
    claim = claimed_to_look(before, NOON, claim_id="l", lease_for=LEASE)
    delivery = looked(claim, LookResult(asked=False, sentence="No.", wait=wait), NOON, LOOK_UP, chance=0)
    assert (delivery.looks, delivery.clean_looks) == (8, (NOON,))
    assert (delivery.status, delivery.next_at, delivery.unasked_since) == (Status.PUBLISHING, NOON + again, NOON)


@pytest.mark.parametrize(("known", "expected"), [(None, NOON), (NOON - SECOND, NOON), (NOON + SECOND, NOON + SECOND)])
def test_the_later_of_two_moments_counts(known: datetime | None, expected: datetime) -> None:
    assert latest(known, NOON) == expected


# The answer that came late.


def test_a_late_answer_counts_from_when_the_network_gave_it() -> None:
    delivery = answered(replace(DUE, attempts=1), outcome=replace(ANSWER, at=NOON + SECOND))
    assert (delivery.status, delivery.published_at) == (Status.PUBLISHED, NOON + SECOND)


@pytest.mark.parametrize(
    ("claim", "revision"),
    [
        (replace(CLAIM, revision=3), 1),
        (replace(CLAIM, revision=3, frozen=None), 3),
    ],
    ids=["what it froze", "without a frozen request what it claimed"],
)
def test_what_is_out_is_the_revision_of_the_try(claim: Delivery, revision: int) -> None:
    there = replace(DUE, attempts=1, revision=3)
    delivery = answered(there, claim)
    assert (delivery.revision, delivery.frozen) == (revision, claim.frozen)
    assert code(delivery) == (EARLIER_REVISION if revision == 1 else "")
    double = answered(replace(OUT, attempts=2, revision=3), claim)
    assert [one.revision for one in double.doubles] == [revision]
    found = answered(replace(OUT, adopted=True, revision=3), claim)
    assert (found.revision, found.frozen) == (revision, claim.frozen)


@pytest.mark.parametrize(("text", "shown"), [("Hello", "it was edited: “Hello”."), ("", "it was edited.")])
def test_an_earlier_revision_is_shown_if_its_text_is_known(text: str, shown: str) -> None:
    delivery = answered(replace(DUE, attempts=1, revision=2), text=text)
    assert why(delivery).sentence == f"What went out is revision 1, from before {shown}"


def test_a_late_answer_without_anything_to_tell_leaves_no_reason() -> None:
    assert answered(replace(DUE, attempts=1)).reason is None


@pytest.mark.parametrize(
    ("reason", "done"),
    [
        (None, "It was cancelled, but"),
        (Reason(code="cancelled", sentence="", at=NOON), "It was cancelled, but"),
        (Reason(code="cancelled", sentence="Not now.", at=NOON), "It was cancelled (Not now.), but"),
        (Reason(code="dismissed", sentence="Old.", at=NOON), "It was dismissed (Old.), but"),
    ],
)
def test_what_was_called_off_and_went_out_says_so(reason: Reason | None, done: str) -> None:
    delivery = answered(replace(DUE, status=Status.CANCELLED, attempts=1, reason=reason))
    assert code(delivery) == CANCELLED_TOO_LATE
    assert why(delivery).sentence.startswith(done)


def test_what_was_to_be_called_off_and_went_out_says_so_first() -> None:
    delivery = answered(replace(CLAIM, cancel_asked="Not now.", revision=2))
    assert code(delivery) == CANCELLED_TOO_LATE
    assert why(delivery).sentence.startswith("It was to be cancelled (Not now.), but")
    assert "What went out is revision 1" in why(delivery).sentence


@pytest.mark.parametrize(
    ("there", "remedy", "doubt"),
    [
        (replace(CLAIM, attempts=2, lease=None, may_be_out=True), ReconcileMethod.LOOK_UP, True),
        (replace(CLAIM, attempts=2, lease=lease(sends=True)), ReconcileMethod.LOOK_UP, True),
        (replace(CLAIM, attempts=2, lease=lease(sends=False)), ReconcileMethod.LOOK_UP, False),
        (replace(CLAIM, attempts=2, lease=None), ReconcileMethod.LOOK_UP, False),
        (replace(CLAIM, attempts=1, may_be_out=True), ReconcileMethod.LOOK_UP, False),
        (replace(CLAIM, attempts=2, lease=lease(sends=True)), ReconcileMethod.RESEND, False),
        (replace(CLAIM, attempts=2, lease=lease(sends=True)), ReconcileMethod.NONE, True),
    ],
    ids=["may be out", "is sending", "only looks", "is surely not out", "the same try", "under our key", "no remedy"],
)
def test_a_further_try_that_may_be_out_is_told_unless_our_key_keeps_it_single(
    there: Delivery, remedy: ReconcileMethod, *, doubt: bool
) -> None:
    assert code(answered(there, remedy=remedy)) == (MAYBE_DOUBLED if doubt else "")


@pytest.mark.parametrize(
    ("known", "link"), [("", "https://n.example/1"), ("https://k.example/1", "https://k.example/1")]
)
def test_the_answer_about_an_adopted_post_confirms_it_and_adds_a_missing_link(known: str, link: str) -> None:
    same = replace(ANSWER, network_id="1", permalink="https://n.example/1")
    delivery = answered(replace(OUT, adopted=True, permalink=known), outcome=same)
    assert delivery == replace(OUT, permalink=link)


def test_an_answer_that_names_a_known_double_changes_nothing() -> None:
    double = DoubledPost(network_id="2", published_at=NOON, revision=1)
    there = replace(OUT, attempts=2, doubles=(double,))
    assert answered(there) is there


@pytest.mark.parametrize(
    ("adopted", "attempts", "expected"),
    [(True, 1, FOUND_ANOTHER), (True, 2, DOUBLED), (False, 1, DOUBLED), (False, 2, DOUBLED)],
)
def test_only_what_was_found_for_a_single_try_gives_way_to_its_answer(
    adopted: bool,  # noqa: FBT001  a column of the table
    attempts: int,
    expected: str,
) -> None:
    delivery = answered(replace(OUT, adopted=adopted, attempts=attempts))
    assert code(delivery) == expected
    assert delivery.network_ids == (("2",) if expected == FOUND_ANOTHER else ("1", "2"))


@pytest.mark.parametrize("revision", [1, 2])
def test_posts_of_one_delivery_that_do_not_say_the_same_are_told_with_their_revisions(revision: int) -> None:
    delivery = answered(replace(OUT, attempts=2, revision=revision))
    assert (code(delivery), delivery.doubles[0].revision) == (DOUBLED, 1)
    assert delivery.reason is not None
    assert ("revisions 1 and 2" in delivery.reason.sentence) is (revision == 2)


def test_a_disowned_post_without_another_leaves_a_delivery_that_may_be_out() -> None:
    same = DoubledPost(network_id="1", published_at=NOON, revision=1)
    for doubles in ((), (same,)):
        delivery = disowned(replace(OUT, adopted=True, doubles=doubles), "1", NOON, owner="another")
        assert (delivery.status, delivery.may_be_out, code(delivery)) == (Status.UNCONFIRMED, True, OTHERS_POST)


def test_a_disowned_post_gives_its_place_to_the_next_of_the_same_delivery() -> None:
    doubles = tuple(DoubledPost(network_id=one, published_at=NOON + MINUTE, revision=1) for one in ("1", "2", "3"))
    delivery = disowned(replace(OUT, adopted=True, doubles=doubles), "1", NOON + HOUR, owner="another")
    assert (delivery.status, delivery.network_ids) == (Status.PUBLISHED, ("2", "3"))
    assert (delivery.adopted, delivery.published_at) == (False, NOON + MINUTE)


def test_a_delivery_that_is_not_out_has_no_posts() -> None:
    assert DUE.network_ids == ()


# What happens next.


def test_a_delivery_without_a_next_moment_is_let_be() -> None:
    assert next_step(replace(DUE, next_at=None), NOON).act is NextAct.LET_BE


@pytest.mark.parametrize(
    ("delivery", "at", "word"),
    [
        (CLAIM, NOON, "being published"),
        (DUE, NOON - HOUR, "not due yet"),
        (CLAIM, NOON + LEASE, "its worker died"),
        (IN_DOUBT, NOON + LEASE, "may be out"),
    ],
)
def test_a_step_says_why(delivery: Delivery, at: datetime, word: str) -> None:
    assert next_step(delivery, at).why == word


@pytest.mark.parametrize("may_be_out", [True, False])
@pytest.mark.parametrize("status", list(Status))
def test_what_is_on_its_way_or_may_be_out_is_unresolved(status: Status, *, may_be_out: bool) -> None:
    underway = status in {Status.PUBLISHING, Status.UNCONFIRMED}
    assert is_unresolved(replace(DUE, status=status, may_be_out=may_be_out)) is (may_be_out or underway)


@pytest.mark.parametrize("delivery", [DUE, IN_DOUBT], ids=lambda one: one.status)
def test_a_delivery_whose_account_rests_keeps_its_state_and_waits_for_its_slot(delivery: Delivery) -> None:
    waits = resting(delivery, NOON + HOUR, sentence="It rests.", now=NOON)
    reason = Reason(code=RESTS, sentence="It rests.", at=NOON)
    assert waits == replace(delivery, next_at=NOON + HOUR, lease=None, reason=reason)
    assert has_slot(waits)


@pytest.mark.parametrize("reason", [None, Reason(code="held", sentence="", at=NOON)])
def test_a_delivery_that_waits_for_something_else_has_no_slot(reason: Reason | None) -> None:
    assert not has_slot(replace(DUE, reason=reason))


@pytest.mark.parametrize(
    ("delivery", "died"), [(DUE, False), (CLAIM, True), (replace(DUE, deaths=1), True)], ids=["no", "lease", "death"]
)
def test_a_lease_that_is_left_or_a_death_before_it_counts_as_died(delivery: Delivery, *, died: bool) -> None:
    assert has_died(delivery) is died


@pytest.mark.parametrize("known", [None, NOON - HOUR])
def test_a_burial_keeps_the_start_of_the_first_doubt(known: datetime | None) -> None:
    assert with_expired_lease(replace(CLAIM, uncertain_since=known)).uncertain_since == (known or NOON)


@pytest.mark.parametrize(
    ("boot", "at", "cut"),
    [
        (1, NOON, True),
        (1, NOON + LEASE - SECOND, True),
        (1, NOON + LEASE, False),
        (1, NOON - SECOND, False),
        (2, NOON + SECOND, False),
        (0, NOON + SECOND, False),
    ],
    ids=["an earlier boot", "just before its end", "it ended", "it begins later", "this boot", "beside an up"],
)
def test_only_a_claim_in_force_of_an_earlier_boot_is_cut_short(boot: int, at: datetime, *, cut: bool) -> None:
    claim = claimed_to_send(DUE, NOON, claim_id="c", lease_for=LEASE, frozen=FIRST, boot=boot)
    ends = cut_short(claim, at, boot=2)
    if not cut:
        assert ends is None
        return
    assert claim.lease is not None
    assert ends == replace(claim, next_at=at, lease=replace(claim.lease, until=at))


def test_a_delivery_without_a_claim_is_not_cut_short() -> None:
    assert cut_short(DUE, NOON, boot=2) is None


def test_from_two_minutes_on_a_delivery_is_not_put_at_every_tick() -> None:
    assert not is_put_again(age=FRESH, age_at_last_tick=FRESH)
