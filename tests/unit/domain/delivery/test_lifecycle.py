from itertools import combinations, product

import pytest

from omnipub.domain.delivery.lifecycle import (
    NEWS,
    TRANSITIONS,
    UNSETTLED,
    WATCHED,
    Event,
    Overall,
    Status,
    diagram,
    follow,
    legal_events,
    overall,
)
from omnipub.errors import ConflictError, IllegalTransitionError

S, E = Status, Event

THE_DESIGN = {
    # draft → (pending_approval → expired) → scheduled → publishing → published
    (S.DRAFT, E.SUBMIT): S.PENDING_APPROVAL,
    (S.PENDING_APPROVAL, E.EXPIRE): S.EXPIRED,
    (S.PENDING_APPROVAL, E.APPROVE): S.SCHEDULED,
    (S.DRAFT, E.SCHEDULE): S.SCHEDULED,
    (S.SCHEDULED, E.CLAIM): S.PUBLISHING,
    (S.PUBLISHING, E.CONFIRM): S.PUBLISHED,
    # scheduled ⇄ held
    (S.SCHEDULED, E.HOLD): S.HELD,
    (S.HELD, E.RELEASE): S.SCHEDULED,
    # publishing → scheduled | publishing | failed | unconfirmed
    (S.PUBLISHING, E.PUT_BACK): S.SCHEDULED,
    (S.PUBLISHING, E.LOOK_AGAIN): S.PUBLISHING,
    (S.PUBLISHING, E.REJECT): S.FAILED,
    (S.PUBLISHING, E.GIVE_UP): S.FAILED,
    (S.PUBLISHING, E.LOSE_TRACK): S.UNCONFIRMED,
    # failed | unconfirmed | missed → scheduled · unconfirmed → published
    (S.FAILED, E.RETRY): S.SCHEDULED,
    (S.UNCONFIRMED, E.RETRY): S.SCHEDULED,
    (S.MISSED, E.RETRY): S.SCHEDULED,
    (S.UNCONFIRMED, E.FIND): S.PUBLISHED,
    # draft | scheduled | held | pending_approval → cancelled
    (S.DRAFT, E.CANCEL): S.CANCELLED,
    (S.SCHEDULED, E.CANCEL): S.CANCELLED,
    (S.HELD, E.CANCEL): S.CANCELLED,
    (S.PENDING_APPROVAL, E.CANCEL): S.CANCELLED,
    # failed | unconfirmed | missed → cancelled
    (S.FAILED, E.DISMISS): S.CANCELLED,
    (S.UNCONFIRMED, E.DISMISS): S.CANCELLED,
    (S.MISSED, E.DISMISS): S.CANCELLED,
    # scheduled | held → missed
    (S.SCHEDULED, E.MISS): S.MISSED,
    (S.HELD, E.MISS): S.MISSED,
    # A copy of the table is not the original (promise 10).
    (S.SCHEDULED, E.DOUBT): S.UNCONFIRMED,
    (S.HELD, E.DOUBT): S.UNCONFIRMED,
    (S.PUBLISHING, E.DOUBT): S.UNCONFIRMED,
    # any state after a first claim → published (a late answer with an id)
    (S.SCHEDULED, E.LATE_ANSWER): S.PUBLISHED,
    (S.HELD, E.LATE_ANSWER): S.PUBLISHED,
    (S.PUBLISHING, E.LATE_ANSWER): S.PUBLISHED,
    (S.FAILED, E.LATE_ANSWER): S.PUBLISHED,
    (S.UNCONFIRMED, E.LATE_ANSWER): S.PUBLISHED,
    (S.MISSED, E.LATE_ANSWER): S.PUBLISHED,
    (S.CANCELLED, E.LATE_ANSWER): S.PUBLISHED,
    (S.PUBLISHED, E.LATE_ANSWER): S.PUBLISHED,
    # An id from an answer takes a post from a delivery that only adopted it.
    (S.PUBLISHED, E.DISOWN): S.UNCONFIRMED,
    # What its original had begun to send is in doubt wherever the copy has it.
    (S.DRAFT, E.DOUBT): S.UNCONFIRMED,
    (S.PENDING_APPROVAL, E.DOUBT): S.UNCONFIRMED,
    (S.EXPIRED, E.DOUBT): S.UNCONFIRMED,
    (S.FAILED, E.DOUBT): S.UNCONFIRMED,
    (S.MISSED, E.DOUBT): S.UNCONFIRMED,
    (S.CANCELLED, E.DOUBT): S.UNCONFIRMED,
}
"""Section 3 of the design, arrow by arrow, and what its tenth promise adds."""

LEGAL = sorted(THE_DESIGN)
ILLEGAL = sorted(set(product(Status, Event)) - set(THE_DESIGN))


def test_the_table_is_the_design_arrow_by_arrow() -> None:
    assert {(row.source, row.event): row.target for row in TRANSITIONS} == THE_DESIGN


def test_the_table_has_one_row_for_each_source_and_event() -> None:
    assert len({(row.source, row.event) for row in TRANSITIONS}) == len(TRANSITIONS)


def test_every_state_of_the_design_is_there_and_no_other() -> None:
    assert {str(status) for status in Status} == {
        "draft",
        "pending_approval",
        "expired",
        "scheduled",
        "held",
        "publishing",
        "published",
        "failed",
        "unconfirmed",
        "missed",
        "cancelled",
    }


def test_every_event_has_a_row() -> None:
    assert {row.event for row in TRANSITIONS} == set(Event)


def test_every_row_says_in_words_of_its_own_what_it_means() -> None:
    for row in TRANSITIONS:
        assert row.meaning.strip()
        assert row.meaning not in set(Event)


@pytest.mark.parametrize(("status", "event"), LEGAL)
def test_a_legal_event_leads_where_the_table_says(status: Status, event: Event) -> None:
    assert follow(status, event) is THE_DESIGN[status, event]


@pytest.mark.parametrize(("status", "event"), ILLEGAL)
def test_an_illegal_event_is_refused_naming_the_legal_ones(status: Status, event: Event) -> None:
    with pytest.raises(IllegalTransitionError) as caught:
        follow(status, event)
    assert status in caught.value.message
    assert event in caught.value.message
    named = caught.value.hint.removeprefix("Possible now: ").removesuffix(".").split(", ")
    legal = {str(event) for source, event in THE_DESIGN if source is status and event not in NEWS}
    assert set(named) == (legal or {"nothing"})


def test_an_illegal_event_is_a_conflict() -> None:
    assert issubclass(IllegalTransitionError, ConflictError)


@pytest.mark.parametrize("status", Status)
def test_legal_events_are_those_with_a_row(status: Status) -> None:
    assert legal_events(status) == {event for source, event in THE_DESIGN if source is status}


OVER = {S.PUBLISHED, S.CANCELLED, S.EXPIRED}


def test_nothing_but_the_networks_own_news_leaves_published_cancelled_and_expired() -> None:
    assert {status for status in Status if not legal_events(status) - NEWS} == OVER


def test_a_late_answer_is_news_in_every_state_that_a_claim_can_lead_to() -> None:
    reached = {S.PUBLISHING}
    for _ in Status:
        reached |= {row.target for row in TRANSITIONS if row.source in reached}
    assert reached == {status for status in Status if E.LATE_ANSWER in legal_events(status)}
    assert {row.target for row in TRANSITIONS if row.event is E.LATE_ANSWER} == {S.PUBLISHED}


def test_only_an_answer_and_an_operators_word_reach_published() -> None:
    reaching = {(row.source, row.event) for row in TRANSITIONS if row.target is S.PUBLISHED}
    assert {(source, event) for source, event in reaching if event not in NEWS} == {
        (S.PUBLISHING, E.CONFIRM),
        (S.UNCONFIRMED, E.FIND),
    }


def test_only_a_claim_reaches_publishing_from_outside() -> None:
    assert {row.source for row in TRANSITIONS if row.target is S.PUBLISHING} == {S.SCHEDULED, S.PUBLISHING}


def test_a_publishing_delivery_can_be_neither_cancelled_nor_held() -> None:
    assert not legal_events(S.PUBLISHING) & {E.CANCEL, E.HOLD, E.MISS, E.RETRY, E.DISMISS}


def test_every_state_can_be_reached_from_a_beginning() -> None:
    reached = {S.DRAFT, S.SCHEDULED}
    for _ in Status:
        reached |= {row.target for row in TRANSITIONS if row.source in reached}
    assert reached == set(Status)


def test_every_state_can_reach_an_end() -> None:
    ends = set(OVER)
    for _ in Status:
        ends |= {row.source for row in TRANSITIONS if row.target in ends}
    assert ends == set(Status)


def test_what_somebody_must_find_is_watched() -> None:
    assert {S.SCHEDULED, S.PUBLISHING, S.HELD, S.FAILED, S.UNCONFIRMED, S.MISSED} == WATCHED


def test_what_waits_for_an_operator_is_watched_and_settled_by_itself() -> None:
    assert {S.FAILED, S.UNCONFIRMED, S.MISSED} == WATCHED - UNSETTLED


def test_whatever_is_neither_watched_nor_before_scheduling_is_over() -> None:
    assert set(Status) - WATCHED - UNSETTLED == OVER


# The state of a message.


def test_a_message_without_deliveries_is_empty() -> None:
    assert overall([]) is Overall.EMPTY


@pytest.mark.parametrize("status", Status)
def test_deliveries_that_agree_give_their_message_their_status(status: Status) -> None:
    assert overall([status]) is status
    assert overall([status] * 3) is status


@pytest.mark.parametrize("other", sorted(set(Status) - {Status.PUBLISHED}))
def test_a_message_out_on_some_channels_only_is_partially_published(other: Status) -> None:
    assert overall([S.PUBLISHED, other]) is Overall.PARTIALLY_PUBLISHED
    assert overall([other, S.PUBLISHED, S.PUBLISHED]) is Overall.PARTIALLY_PUBLISHED


def test_a_mixture_underway_takes_the_status_nearest_to_the_network() -> None:
    nearest_first = [S.PUBLISHING, S.HELD, S.SCHEDULED, S.PENDING_APPROVAL, S.DRAFT]
    assert set(nearest_first) == UNSETTLED
    for nearer, farther in combinations(nearest_first, 2):
        assert overall([farther, nearer, S.FAILED]) is nearer


def test_a_settled_mixture_without_a_publication_is_partially_failed() -> None:
    for one, other in combinations([S.FAILED, S.UNCONFIRMED, S.MISSED], 2):
        assert overall([one, other, S.CANCELLED]) is Overall.PARTIALLY_FAILED


def test_the_order_of_deliveries_does_not_matter() -> None:
    for statuses in combinations(Status, 3):
        assert overall(statuses) is overall(reversed(statuses))


def test_the_diagram_shows_every_row_and_nothing_else() -> None:
    shown = [line.strip() for line in diagram().splitlines()]
    assert shown[0] == "stateDiagram-v2"
    arrows = {line for line in shown[1:] if "[*]" not in line}
    assert arrows == {f"{source} --> {target}: {event}" for (source, event), target in THE_DESIGN.items()}


def test_the_diagram_ends_where_nothing_leads_on() -> None:
    ends = {line.strip() for line in diagram().splitlines() if line.endswith("--> [*]")}
    assert ends == {"published --> [*]", "cancelled --> [*]", "expired --> [*]"}
