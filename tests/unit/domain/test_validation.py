import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from omnipub.domain.delivery.outcome import FoundPost, Outcome, Sighting, TryEnd
from omnipub.domain.network import POST_ID_AT_MOST, PostIds
from omnipub.domain.validation import (
    LONGEST_WAIT,
    POSTS_AT_MOST,
    UNREADABLE_ID,
    valid_outcome,
    valid_sighting,
    web_address,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
IDS = PostIds(network="Net", pattern=re.compile("[0-9]+"), like="a number", found="It is there.")
OUT = Outcome(ended=TryEnd.PUBLISHED, network_id="12", permalink="https://net.example/12")
POST = FoundPost(network_id="12", text="Hello", created_at=NOON, permalink="https://net.example/12")


def test_what_can_be_true_is_kept_as_it_is() -> None:
    assert valid_outcome(OUT, IDS) == OUT
    sighting = Sighting(posts=(POST,), reaches_back_to=NOON)
    assert valid_sighting(sighting, IDS) == sighting


@pytest.mark.parametrize("id_", ["", "x", "12\n", "\ud800", "9" * (POST_ID_AT_MOST + 1), "١٢"])
def test_without_a_valid_id_nothing_counts_as_published(id_: str) -> None:
    outcome = valid_outcome(replace(OUT, network_id=id_), IDS)
    assert (outcome.ended, outcome.code, outcome.network_id) == (TryEnd.AMBIGUOUS, UNREADABLE_ID, "")
    assert outcome.sentence.startswith("Net accepted the post under an id that is none")


def test_another_end_loses_an_id_that_is_none_and_stays_what_it_is() -> None:
    there = replace(OUT, ended=TryEnd.ALREADY_THERE, network_id="\ud800")
    assert valid_outcome(there, IDS) == Outcome(ended=TryEnd.ALREADY_THERE)


def test_a_conversation_that_makes_no_post_is_asked_for_no_id() -> None:
    check = Outcome(ended=TryEnd.PUBLISHED, network_id="@omnipub", sentence="It works.")
    assert valid_outcome(check, None) == check


@pytest.mark.parametrize(
    ("wait", "kept"),
    [
        (timedelta.max, LONGEST_WAIT),
        (timedelta(days=-1), timedelta(0)),
        (timedelta(minutes=1), timedelta(minutes=1)),
        (None, None),
    ],
)
def test_a_wait_is_kept_within_bounds(wait: timedelta | None, kept: timedelta | None) -> None:
    assert valid_outcome(Outcome(ended=TryEnd.THROTTLED, wait=wait), IDS).wait == kept


def test_words_are_one_line_that_can_be_stored_and_shown() -> None:
    outcome = valid_outcome(Outcome(ended=TryEnd.REJECTED, code="a\x1b[31m\ud800", sentence="x\n" * 5_000), None)
    assert outcome.code == "a [31m "
    assert len(outcome.sentence) <= 1_000
    assert outcome.sentence.isprintable()


@pytest.mark.parametrize(
    "address",
    [
        *("", "javascript:alert(1)", "ftp://net.example/", "//net.example/", "https:///12", "https://net.example:x/"),
        *("https://[/", "https://me@net.example/", "https://:pw@net.example/", "https://net.example/a b"),
        *("https://net.example/\n", "https://net.example/\ud800", "https://net.example/" + "x" * 2_000),
    ],
)
def test_an_address_that_no_browser_should_open_is_dropped(address: str) -> None:
    assert web_address(address) == ""
    assert valid_outcome(replace(OUT, permalink=address), IDS) == replace(OUT, permalink="")
    found = valid_sighting(Sighting(posts=(replace(POST, permalink=address),), reaches_back_to=NOON), IDS)
    assert found.posts == (replace(POST, permalink=""),)


@pytest.mark.parametrize(
    "unreadable",
    [
        replace(POST, network_id="x"),
        replace(POST, network_id=None),  # type: ignore[arg-type]  # as an answer might have it
        replace(POST, text=5),  # type: ignore[arg-type]  # likewise
        replace(POST, created_at=NOON.replace(tzinfo=None)),
    ],
)
def test_a_post_that_cannot_be_read_keeps_a_look_from_proving_anything(unreadable: FoundPost) -> None:
    sighting = valid_sighting(Sighting(posts=(unreadable, POST), reaches_back_to=NOON), IDS)
    assert sighting.posts == (POST,)
    assert sighting.reaches_back_to is None
    assert "cannot be read" in sighting.doubt


def test_more_posts_than_a_look_may_bring_are_cut_and_said() -> None:
    sighting = valid_sighting(Sighting(posts=(POST,) * (POSTS_AT_MOST + 1), reaches_back_to=NOON), IDS)
    assert len(sighting.posts) == POSTS_AT_MOST
    assert (sighting.reaches_back_to, sighting.doubt) == (
        None,
        f"The account shows more than {POSTS_AT_MOST:,} posts; a look reads no more.",
    )


def test_the_failure_of_a_look_passes_the_same_way() -> None:
    failed = Outcome(ended=TryEnd.THROTTLED, wait=timedelta.max)
    sighting = valid_sighting(Sighting(failed=failed), IDS)
    assert sighting.failed == replace(failed, wait=LONGEST_WAIT)


def test_an_id_of_the_greatest_length_is_one() -> None:
    assert IDS.match("9" * POST_ID_AT_MOST)


def test_as_many_posts_as_a_look_may_bring_leave_no_doubt() -> None:
    sighting = Sighting(posts=(POST,) * POSTS_AT_MOST, reaches_back_to=NOON)
    assert valid_sighting(sighting, IDS) == sighting


@pytest.mark.parametrize("posts", [(POST,) * (POSTS_AT_MOST + 1), (replace(POST, network_id="x"),)])
def test_the_doubt_that_a_channel_has_is_the_one_that_is_said(posts: tuple[FoundPost, ...]) -> None:
    assert valid_sighting(Sighting(posts=posts, doubt="Net hides drafts."), IDS).doubt == "Net hides drafts."


def test_a_look_that_reaches_back_to_a_moment_of_no_zone_proves_nothing() -> None:
    sighting = Sighting(posts=(POST,), reaches_back_to=NOON.replace(tzinfo=None))
    assert valid_sighting(sighting, IDS) == Sighting(posts=(POST,))


def test_a_sentence_of_the_longest_kind_is_kept_whole() -> None:
    sentence = "x" * 1_000
    assert valid_outcome(Outcome(ended=TryEnd.REJECTED, sentence=sentence), None).sentence == sentence
