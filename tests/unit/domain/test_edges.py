"""Histories and values at the edges, each of which went wrong once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.delivery.conclude import concluded
from omnipub.domain.delivery.decide import claimed_to_look, claimed_to_send, released
from omnipub.domain.delivery.fingerprint import SentPost
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.lookup import read
from omnipub.domain.delivery.model import Delivery, FrozenRequest
from omnipub.domain.delivery.moves import lost_track
from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.delivery.reconcile import LookResult, ReconcileStep, how_to_find_out, looked
from omnipub.domain.delivery.rules import ReconcileMethod, Rules
from omnipub.domain.ids import Parent, ParentKind, checked_id, new_id
from omnipub.domain.message import Content, MediaReference, Variant, checked
from omnipub.domain.timestamps import moment, schedule_at, to_text
from omnipub.errors import InvalidInputError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
LEASE = timedelta(seconds=70)
RESEND = Rules(remedy=ReconcileMethod.RESEND, settle=timedelta(0))
LOOK = Rules(remedy=ReconcileMethod.LOOK_UP, settle=timedelta(seconds=60))
DUE = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="01KAQ8GQ00000000000000000A"),
    channel="webhook",
    account="1",
    owner="o",
    status=Status.SCHEDULED,
    due_at=NOON,
    next_at=NOON,
    not_after=NOON + timedelta(days=1),
)


def claimed(delivery: Delivery, at: datetime = NOON) -> Delivery:
    return claimed_to_send(delivery, at, claim_id="c", lease_for=LEASE, frozen=FrozenRequest(revision=1, body={}))


@pytest.mark.parametrize("ended", [TryEnd.REJECTED, TryEnd.THROTTLED, TryEnd.AUTH])
def test_repeating_in_doubt_ends_within_the_deliverys_window(ended: TryEnd) -> None:
    delivery = concluded(claimed(DUE), Outcome(ended=TryEnd.AMBIGUOUS), NOON, RESEND, chance=0)
    at = NOON
    while delivery.status is Status.PUBLISHING:
        assert delivery.next_at is not None
        at = delivery.next_at
        assert at <= NOON + timedelta(days=1)
        if how_to_find_out(delivery, at, RESEND) is ReconcileStep.STOP:
            delivery = lost_track(delivery, at, sentence="")
        else:
            outcome = Outcome(ended=ended, wait=timedelta(minutes=10))
            delivery = concluded(claimed(delivery, at), outcome, at, RESEND, chance=0)
    assert delivery.status is Status.UNCONFIRMED


def test_a_network_that_knows_the_post_after_a_doubt_was_cleared_means_look_again() -> None:
    delivery = concluded(claimed(DUE), Outcome(ended=TryEnd.AMBIGUOUS), NOON, LOOK, chance=0)
    at = NOON
    for _ in range(2):
        assert delivery.next_at is not None
        at = delivery.next_at
        look = claimed_to_look(delivery, at, claim_id="c", lease_for=LEASE)
        delivery = looked(look, LookResult(clear=True), at, LOOK, chance=0)
    assert delivery.status is Status.SCHEDULED
    delivery = concluded(claimed(delivery, at), Outcome(ended=TryEnd.ALREADY_THERE), at, LOOK, chance=0)
    assert delivery.status is Status.PUBLISHING
    assert delivery.may_be_out


def test_what_is_released_is_not_due_before_its_time() -> None:
    held = replace(DUE, status=Status.HELD, due_at=NOON + timedelta(days=1))
    assert released(held, NOON).next_at == NOON + timedelta(days=1)


def test_a_post_of_somebody_else_is_not_adopted_for_want_of_text() -> None:
    post = FoundPost(network_id="9", text="https://theirs.example", created_at=NOON)
    sighting = Sighting(posts=(post,), reaches_back_to=NOON - timedelta(hours=1))
    seen = read(sighting, sent=SentPost(text=""), since=NOON, owners={}, ours="x")
    assert seen.found is None
    assert not seen.clear


def test_next_moments_are_whole_milliseconds_and_never_too_early() -> None:
    wait = timedelta(seconds=30, microseconds=1)
    delivery = concluded(claimed(DUE), Outcome(ended=TryEnd.THROTTLED, wait=wait), NOON, LOOK, chance=0.123456)
    assert delivery.next_at is not None
    assert delivery.next_at == moment(delivery.next_at)
    assert delivery.next_at >= NOON + wait


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("0001-01-01T00:00+01:00", None),
        ("9999-12-31T23:59:59-05:00", None),
        ("9999-12-31T23:59:59Z", "Europe/Berlin"),
        ("0001-01-01T00:00", "Europe/Berlin"),
        ("9999-12-31T23:59:59", "America/New_York"),
    ],
)
def test_years_that_do_not_fit_are_refused(text: str, zone: str | None) -> None:
    with pytest.raises(InvalidInputError):
        schedule_at(text, zone=zone)


def test_a_moment_always_has_24_characters() -> None:
    assert len(to_text(datetime(999, 1, 1, tzinfo=UTC))) == 24


def test_ids_keep_their_milliseconds_after_2038() -> None:
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=2_150_000_000_002)
    assert new_id(at, bytes(10)) != new_id(at - timedelta(milliseconds=1), bytes(10))


def test_letters_that_only_look_like_an_id_are_refused() -> None:
    with pytest.raises(InvalidInputError):
        checked_id("01KAQ8GQ00000000000000000\u017f")


@pytest.mark.parametrize(
    "content",
    [
        Content(text="a", variants={"facebook": Variant(text="y" * 1_000_000)}),
        Content(link="\x01https://x.de"),
        Content(link="https://x.de/\x7f"),
        Content(link="https://x/\ud800"),
        Content(link="https://x:99999/"),
        Content(text="a", link_title="\ud800"),
        Content(text="a", media=(MediaReference(key="a", content_type="image/png", size=1, alt="\ud800"),)),
    ],
)
def test_content_that_no_network_could_carry_is_refused(content: Content) -> None:
    with pytest.raises(InvalidInputError):
        checked(content)


def test_a_hashtag_stands_once_however_it_is_written() -> None:
    assert Content(text="a", hashtags=("AWS", "aws")).with_hashtags() == "a\n\n#AWS"
