from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.finding import Seen
from omnipub.domain.looking import CLOCK_DIFFERENCE, read
from omnipub.domain.outcome import Ended, FoundPost, Outcome, Sighting

SINCE = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = SINCE - CLOCK_DIFFERENCE
TICK = timedelta(milliseconds=1)
OURS = "MSG#1/CHANNEL#linkedin"
TEXT = "We are hiring: https://example.com/jobs"


def post(name: str = "1", *, text: str = TEXT, at: datetime = SINCE) -> FoundPost:
    return FoundPost(network_id=name, text=text, created_at=at, permalink=f"https://net/{name}")


def judged(*posts: FoundPost, back_to: datetime | None = START, owners: Mapping[str, str] | None = None) -> Seen:
    sighting = Sighting(posts=posts, reaches_back_to=back_to)
    return read(sighting, text=TEXT, since=SINCE, owners=owners or {}, ours=OURS)


def test_a_complete_look_at_an_empty_account_is_clear() -> None:
    assert judged() == Seen(clear=True)


def test_a_post_with_our_text_is_found() -> None:
    assert judged(post()).found == post()


def test_a_post_whose_link_the_network_shortened_is_found() -> None:
    short = post(text="We are hiring: https://lnkd.in/x")
    assert judged(short).found == short


def test_our_post_is_found_even_if_the_look_did_not_reach_back() -> None:
    assert judged(post(), back_to=None).found == post()


def test_our_post_is_found_among_others() -> None:
    assert judged(post("9", text="Something else"), post("1"), post("8", text="More")).found == post("1")


def test_of_two_posts_with_our_text_the_earlier_is_ours() -> None:
    first, second = post("2"), post("1", at=SINCE + TICK)
    assert judged(second, first).found == first
    assert judged(first, second).found == first


def test_two_posts_of_one_moment_are_told_apart_by_their_names() -> None:
    assert judged(post("b"), post("a")).found == post("a")
    assert judged(post("a"), post("b")).found == post("a")


def test_a_post_that_belongs_to_another_delivery_is_not_adopted() -> None:
    assert judged(post(), owners={"1": "MSG#2/CHANNEL#linkedin"}) == Seen(clear=True)


def test_a_post_already_known_as_ours_is_found() -> None:
    assert judged(post(), owners={"1": OURS}).found == post()


def test_the_next_post_with_our_text_is_ours_if_the_first_has_an_owner() -> None:
    assert judged(post("1"), post("2", at=SINCE + TICK), owners={"1": "another"}).found == post("2", at=SINCE + TICK)


def test_a_network_whose_clock_is_two_minutes_behind_still_shows_our_post() -> None:
    assert judged(post(at=START)).found == post(at=START)


def test_an_older_post_with_our_text_is_not_of_this_try() -> None:
    assert judged(post(at=START - TICK)) == Seen(clear=True)


def test_a_new_post_that_nobody_accounts_for_is_not_clear() -> None:
    seen = judged(post(text="Something else"))
    assert not seen.clear
    assert seen.found is None
    assert seen.sentence


def test_new_posts_of_other_deliveries_are_accounted_for() -> None:
    assert judged(post("7", text="Something else"), owners={"7": "another"}) == Seen(clear=True)


def test_an_old_post_that_nobody_accounts_for_does_not_matter() -> None:
    assert judged(post(text="Something else", at=START - TICK)) == Seen(clear=True)


@pytest.mark.parametrize("back_to", [None, START + TICK, SINCE, SINCE + timedelta(hours=1)])
def test_a_look_that_does_not_reach_back_to_the_try_is_not_clear(back_to: datetime | None) -> None:
    seen = judged(back_to=back_to)
    assert not seen.clear
    assert seen.found is None
    assert seen.sentence


def test_a_look_that_reaches_back_further_than_the_try_is_complete() -> None:
    assert judged(back_to=START - timedelta(days=1)) == Seen(clear=True)


def test_a_look_that_failed_proves_nothing_and_keeps_reason_and_wait() -> None:
    failed = Outcome(ended=Ended.THROTTLED, sentence="Too many requests.", wait=timedelta(minutes=5))
    sighting = Sighting(posts=(post(),), reaches_back_to=START, failed=failed)
    seen = read(sighting, text=TEXT, since=SINCE, owners={}, ours=OURS)
    assert seen == Seen(sentence="Too many requests.", wait=timedelta(minutes=5))


posts = st.lists(
    st.builds(
        post,
        st.sampled_from("abcde"),
        text=st.sampled_from([TEXT, "Something else", ""]),
        at=st.sampled_from([START - TICK, START, SINCE, SINCE + TICK]),
    ),
    unique_by=lambda one: one.network_id,
)
owned = st.dictionaries(st.sampled_from("abcde"), st.sampled_from([OURS, "another"]))
reaches = st.sampled_from([None, START - TICK, START, START + TICK])


@settings(deadline=None, max_examples=300)
@given(posts, owned, reaches)
def test_a_look_is_clear_only_if_it_is_complete_and_every_new_post_is_anothers(
    seen_posts: list[FoundPost], owners: dict[str, str], back_to: datetime | None
) -> None:
    seen = judged(*seen_posts, owners=owners, back_to=back_to)
    new = [one for one in seen_posts if one.created_at >= START]
    complete = back_to is not None and back_to <= START
    assert seen.clear == (complete and all(owners.get(one.network_id) == "another" for one in new))
    if seen.found is not None:
        assert not seen.clear
        assert seen.found.text == TEXT
        assert owners.get(seen.found.network_id) != "another"
        assert seen.found.created_at >= START
    if seen.found is None and not seen.clear:
        assert seen.sentence
