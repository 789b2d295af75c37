from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.delivery.fingerprint import SentPost
from omnipub.domain.delivery.lookup import CLOCK_DIFFERENCE, MEASURED, SURELY, read
from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.delivery.reconcile import LookResult

SINCE = datetime(2026, 11, 23, 12, tzinfo=UTC)
START = SINCE - CLOCK_DIFFERENCE
TICK = timedelta(milliseconds=1)
OURS = "MSG#1/CHANNEL#linkedin"
TEXT = "We are hiring: https://example.com/jobs"


LINK = "https://example.com/jobs"
PLAIN = SentPost(text=TEXT)


def post(name: str = "1", *, text: str = TEXT, at: datetime = SINCE, links: tuple[str, ...] | None = ()) -> FoundPost:
    return FoundPost(network_id=name, text=text, created_at=at, permalink=f"https://net/{name}", links=links)


def judged(
    *posts: FoundPost,
    back_to: datetime | None = START,
    owners: Mapping[str, str] | None = None,
    ahead: timedelta | None = None,
    sent: SentPost = PLAIN,
) -> LookResult:
    sighting = Sighting(posts=posts, reaches_back_to=back_to, clock_ahead=ahead)
    return read(sighting, sent=sent, since=SINCE, owners=owners or {}, ours=OURS)


def check_unclear(seen: LookResult, *named: str) -> None:
    """It proves nothing, and names what may be ours."""
    assert (seen.found, seen.clear) == (None, False)
    assert seen.sentence
    for name in named:
        assert f"https://net/{name}" in seen.sentence


def test_a_complete_look_at_an_empty_account_is_clear() -> None:
    assert judged() == LookResult(clear=True)


def test_a_post_with_our_text_is_found() -> None:
    assert judged(post()).found == post()


@pytest.mark.parametrize(
    "text",
    [
        "We are hiring: https://lnkd.in/x",
        "We are hiring: https://example.com/other",
        "We are hiring: https://example.com/jobs?id=2",
        "We are hiring:",
        "We are hiring: https://example.com/jobs https://example.com/more",
        "We are hiring: https://example.com/jobs!",
    ],
)
def test_a_post_with_our_text_and_another_link_is_named_and_not_adopted(text: str) -> None:
    check_unclear(judged(post(text=text)), "1")


@pytest.mark.parametrize(
    "text",
    [
        "We are hiring:  https://EXAMPLE.com/jobs",
        "We are hiring:\u00a0https://example.com:443/jobs ",
        "We are hiring: https://example.com/jobs?fbclid=abc",
        "We are hiring: https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.com%2Fjobs&h=AT0",
        "We are hiring: https://www.linkedin.com/redir/redirect?url=https%3A%2F%2Fexample%2Ecom%2Fjobs&urlhash=x",
    ],
)
def test_our_link_in_another_spelling_or_wrapped_by_the_network_is_ours(text: str) -> None:
    assert judged(post(text=text)).found == post(text=text)


CARD = SentPost(text="We are hiring", links=(LINK,))


def test_a_link_that_stands_on_a_card_is_compared_as_well() -> None:
    ours = post(text="We are hiring", links=(LINK,))
    assert judged(ours, sent=CARD).found == ours
    check_unclear(judged(post(text="We are hiring", links=("https://example.com/other",)), sent=CARD), "1")
    check_unclear(judged(post(text="We are hiring"), sent=CARD), "1")
    check_unclear(judged(post(text="We are hiring", links=(LINK,)), sent=SentPost(text="We are hiring")), "1")


def test_a_link_that_the_network_does_not_show_is_not_clear() -> None:
    check_unclear(judged(post(text="We are hiring", links=None), sent=CARD), "1")
    plain = post(text="We are hiring", links=None)
    assert judged(plain, sent=SentPost(text="We are hiring")).found == plain


def test_ours_is_adopted_beside_one_that_only_looks_like_it() -> None:
    like = post("2", text="We are hiring: https://example.com/other")
    assert judged(like, post("1")).found == post("1")


def test_a_text_that_is_shown_cut_off_is_named_and_not_adopted() -> None:
    sent = SentPost(text="We are hiring people who can read and write, and who like it")
    check_unclear(judged(post(text="We are hiring people who can read…"), sent=sent), "1")
    assert "cut off" in judged(post(text="We are hiring people who can read…"), sent=sent).sentence


def test_our_post_is_found_even_if_the_look_did_not_reach_back() -> None:
    assert judged(post(), back_to=None).found == post()


def test_our_post_is_found_among_others() -> None:
    assert judged(post("9", text="Something else"), post("1"), post("8", text="More")).found == post("1")


def test_of_two_posts_with_our_text_and_link_neither_is_adopted() -> None:
    check_unclear(judged(post("2"), post("1", at=SINCE + TICK)), "1", "2")


def test_a_post_that_belongs_to_another_delivery_is_not_adopted() -> None:
    assert judged(post(), owners={"1": "MSG#2/CHANNEL#linkedin"}) == LookResult(clear=True)


def test_a_post_already_known_as_ours_is_found() -> None:
    assert judged(post(), owners={"1": OURS}).found == post()


def test_the_next_post_with_our_text_is_ours_if_the_first_has_an_owner() -> None:
    assert judged(post("1"), post("2", at=SINCE + TICK), owners={"1": "another"}).found == post("2", at=SINCE + TICK)


@pytest.mark.parametrize("before", [timedelta(0), SURELY])
def test_a_post_of_the_try_is_ours_although_clocks_differ_by_seconds(before: timedelta) -> None:
    assert judged(post(at=SINCE - before)).found == post(at=SINCE - before)


@pytest.mark.parametrize("before", [SURELY + TICK, timedelta(seconds=90), CLOCK_DIFFERENCE])
def test_the_very_same_post_from_before_the_try_is_named_and_not_adopted(before: timedelta) -> None:
    check_unclear(judged(post(at=SINCE - before)), "1")


@pytest.mark.parametrize("ahead", [timedelta(minutes=-10), timedelta(seconds=-90), timedelta(0), timedelta(minutes=10)])
def test_where_the_network_says_what_time_it_is_there_its_clock_counts(ahead: timedelta) -> None:
    at = SINCE + ahead
    back = min(START, at - MEASURED)
    assert judged(post(at=at), ahead=ahead, back_to=back).found == post(at=at)
    older = post(at=at - MEASURED - TICK)
    assert judged(older, ahead=ahead, back_to=back) == LookResult(clear=True)


def test_a_look_must_reach_back_to_the_try_by_the_networks_own_clock() -> None:
    check_unclear(judged(ahead=timedelta(minutes=-10)))


def test_an_older_post_with_our_text_is_not_of_this_try() -> None:
    assert judged(post(at=START - TICK)) == LookResult(clear=True)


def test_a_new_post_that_nobody_accounts_for_is_not_clear() -> None:
    seen = judged(post(text="Something else"))
    assert not seen.clear
    assert seen.found is None
    assert seen.sentence


def test_new_posts_of_other_deliveries_are_accounted_for() -> None:
    assert judged(post("7", text="Something else"), owners={"7": "another"}) == LookResult(clear=True)


def test_an_old_post_that_nobody_accounts_for_does_not_matter() -> None:
    assert judged(post(text="Something else", at=START - TICK)) == LookResult(clear=True)


@pytest.mark.parametrize("back_to", [None, START + TICK, SINCE, SINCE + timedelta(hours=1)])
def test_a_look_that_does_not_reach_back_to_the_try_is_not_clear(back_to: datetime | None) -> None:
    seen = judged(back_to=back_to)
    assert not seen.clear
    assert seen.found is None
    assert seen.sentence


def test_a_look_that_reaches_back_further_than_the_try_is_complete() -> None:
    assert judged(back_to=START - timedelta(days=1)) == LookResult(clear=True)


def test_a_look_that_failed_proves_nothing_and_keeps_reason_and_wait() -> None:
    failed = Outcome(ended=TryEnd.THROTTLED, sentence="Too many requests.", wait=timedelta(minutes=5))
    sighting = Sighting(posts=(post(),), reaches_back_to=START, failed=failed)
    seen = read(sighting, sent=SentPost(text=TEXT), since=SINCE, owners={}, ours=OURS)
    assert seen == LookResult(sentence="Too many requests.", wait=timedelta(minutes=5))


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
    ours = any(owners.get(one.network_id) == OURS for one in seen_posts)
    assert seen.clear == (not ours and complete and all(owners.get(one.network_id) == "another" for one in new))
    if seen.found is not None:
        assert not seen.clear
        assert owners.get(seen.found.network_id) != "another"
        known = owners.get(seen.found.network_id) == OURS
        assert known or (seen.found.text == TEXT and seen.found.created_at >= SINCE - SURELY)
        same = [one for one in new if one.text == TEXT and owners.get(one.network_id) != "another"]
        assert known or same == [seen.found]
    if seen.found is None and not seen.clear:
        assert seen.sentence
