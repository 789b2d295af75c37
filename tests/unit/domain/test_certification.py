# ruff: noqa: RUF001 (names are written in several scripts)
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnipub.domain.certification import (
    MEMBER_AT_MOST,
    PERSONAL_AT_MOST,
    URL_AT_MOST,
    Certification,
    checked,
    sameness,
)
from omnipub.domain.message import CHANNELS_AT_MOST
from omnipub.domain.timestamps import Schedule
from omnipub.errors import InvalidInputError

TODAY = date(2026, 11, 23)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)

ADA = Certification(
    id="01KAQ8GQ00000000000000000A",
    owner="owner-1",
    created_at=NOON,
    member="Ada Example",
    type="solutions-architect-associate",
    earned_on=date(2026, 11, 20),
    linkedin_url="https://www.linkedin.com/in/ada-example",
    channels=("facebook", "linkedin"),
    schedule=Schedule(at=NOON, local="2026-11-23T12:00:00", zone="UTC"),
)

# Letters whose upper case folds back to them in every script; the dotless i is the famous exception.
names = st.lists(st.text(alphabet="abcxyzßäéñçøåœσςабвяαω李王", min_size=1, max_size=12), min_size=1, max_size=4)
spaces = st.text(alphabet=" \t\u00a0\u2003\u3000", min_size=1, max_size=3)


def problems_of(certification: Certification) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        checked(certification, TODAY)
    return list(caught.value.problems)


def test_a_sensible_certification_comes_back_as_it_was() -> None:
    assert checked(ADA, TODAY) is ADA


def test_profile_photo_and_personal_message_may_be_left_out() -> None:
    checked(replace(ADA, linkedin_url="", photo=None, personal_message=""), TODAY)


def test_every_bad_field_is_reported_at_once() -> None:
    bad = replace(
        ADA,
        member=" ",
        type="nonsense",
        linkedin_url="https://example.org/in/ada",
        personal_message="x" * (PERSONAL_AT_MOST + 1),
        channels=("facebook", "facebook"),
    )
    assert [field for field, _ in problems_of(bad)] == [
        "member",
        "type",
        "linkedin_url",
        "personal_message",
        "channels",
    ]


@pytest.mark.parametrize("member", ["", "   ", "\u200b", "…", "🎉"])
def test_a_name_without_a_letter_is_refused(member: str) -> None:
    assert ("member", "Name the member: one letter at least.") in problems_of(replace(ADA, member=member))


@pytest.mark.parametrize("member", ["Ada\nExample", "Ada\u2028Example", "Ada\tExample", "Ada\x00", "Ada\x85"])
def test_a_name_on_several_lines_is_refused(member: str) -> None:
    assert [field for field, _ in problems_of(replace(ADA, member=member))] == ["member"]


def test_a_name_of_the_greatest_length_is_accepted_and_one_character_more_is_not() -> None:
    checked(replace(ADA, member="a" * MEMBER_AT_MOST), TODAY)
    [(_, sentence)] = problems_of(replace(ADA, member="a" * (MEMBER_AT_MOST + 1)))
    assert sentence == "The name has 101 characters; at most 100 are allowed."


def test_half_a_character_is_refused_in_every_text() -> None:
    bad = replace(ADA, member="Ada\ud83d", personal_message="\ude00", linkedin_url=ADA.linkedin_url + "\ud83d")
    assert [field for field, _ in problems_of(bad)] == ["member", "linkedin_url", "personal_message"]


def test_a_type_must_be_a_slug_and_the_problem_names_it() -> None:
    [(field, sentence)] = problems_of(replace(ADA, type="SAA-C03"))
    assert field == "type"
    assert "'solutions-architect-associate'" in sentence


def test_an_unknown_type_is_answered_with_close_ones() -> None:
    [(field, sentence)] = problems_of(replace(ADA, type="cloud-practicioner"))
    assert field == "type"
    assert "cloud-practitioner" in sentence


def test_the_day_is_checked_against_the_catalogue() -> None:
    [(field, sentence)] = problems_of(replace(ADA, earned_on=date(2026, 11, 24)))
    assert field == "earned_on"
    assert "in the future" in sentence


@pytest.mark.parametrize(
    "url",
    [
        "https://www.linkedin.com/in/ada",
        "https://linkedin.com/in/ada/",
        "https://de.linkedin.com/in/ada-b-123?trk=x",
        "HTTPS://WWW.LinkedIn.COM/in/ada",
        "https://www.linkedin.com/in/j%C3%BCrgen",
        "https://www.linkedin.com/in/jürgen/de",
    ],
)
def test_a_linkedin_profile_is_accepted(url: str) -> None:
    checked(replace(ADA, linkedin_url=url), TODAY)


@pytest.mark.parametrize(
    "url",
    [
        "http://www.linkedin.com/in/ada",
        "https://www.linkedin.com/company/ada",
        "https://www.linkedin.com/in/",
        "https://www.linkedin.com/in",
        "https://notlinkedin.com/in/ada",
        "https://linkedin.com.example.org/in/ada",
        "https://linkedin.com@example.org/in/ada",
        "https://example.org\\.linkedin.com/in/ada",
        "https://linkedin.com:8443/in/ada",
        "https://user:word@linkedin.com/in/ada",
        "https://\u212a.linkedin.com/in/ada",
        "https://lin\u212aedin.com/in/ada",
        "https://www.linkedin.com/in/ada\n",
        "https://www.linkedin.com/in/a da",
        " https://www.linkedin.com/in/ada",
        "javascript:alert(1)//linkedin.com/in/ada",
        "https://www.linkedin.com/in/" + "a" * URL_AT_MOST,
    ],
)
def test_anything_else_is_no_linkedin_profile(url: str) -> None:
    assert [field for field, _ in problems_of(replace(ADA, linkedin_url=url))] == ["linkedin_url"]


def test_a_channel_named_twice_is_refused_and_two_accounts_of_one_network_are_not() -> None:
    checked(replace(ADA, channels=("facebook", "facebook:events")), TODAY)
    [(field, sentence)] = problems_of(replace(ADA, channels=("facebook", "linkedin", "facebook")))
    assert field == "channels"
    assert sentence == "'facebook' is named 2 times; each channel publishes once."


@pytest.mark.parametrize("channels", [(), ("Face book",), tuple(f"webhook:n{n}" for n in range(CHANNELS_AT_MOST + 1))])
def test_no_channel_a_malformed_one_or_too_many_are_refused(channels: tuple[str, ...]) -> None:
    assert [field for field, _ in problems_of(replace(ADA, channels=channels))] == ["channels"]


def test_sameness_is_64_hex_digits_and_stays_what_it_was() -> None:
    # Stored keys depend on it: a change here needs a migration.
    assert sameness(ADA) == "f86f9d6933fa717f769bea2d745605bd7e8bbc8e6cb32c335cf8fabe7be81d1b"


@given(words=names, gaps=st.lists(spaces, min_size=5, max_size=5))
def test_case_and_white_space_do_not_make_another_member(words: list[str], gaps: list[str]) -> None:
    plain = " ".join(words)
    spaced = gaps[0] + "".join(word + gap for word, gap in zip(words, gaps[1:], strict=False))
    for other in (plain.upper(), plain.title(), plain.swapcase(), spaced):
        assert sameness(replace(ADA, member=other)) == sameness(replace(ADA, member=plain))


@pytest.mark.parametrize(
    ("one", "other"),
    [("José", "Jose\u0301"), ("Straße", "STRASSE"), ("\uff21\uff44\uff41", "ada"), ("ﬁnn", "Finn")],
)
def test_two_ways_of_writing_the_same_letters_do_not_make_another_member(one: str, other: str) -> None:
    assert sameness(replace(ADA, member=one)) == sameness(replace(ADA, member=other))


@given(member=st.text(max_size=120))
def test_any_text_has_a_sameness(member: str) -> None:
    assert len(sameness(replace(ADA, member=member))) == 64


def test_another_member_type_or_day_is_another_certification() -> None:
    others = (
        replace(ADA, member="Adam Example"),
        replace(ADA, member="AdaExample"),
        replace(ADA, type="developer-associate"),
        replace(ADA, earned_on=date(2026, 11, 19)),
    )
    assert len({sameness(certification) for certification in (ADA, *others)}) == 5


def test_who_announces_it_when_and_where_makes_no_difference_to_sameness() -> None:
    other = replace(ADA, id="01KAQ8GQ00000000000000000B", channels=("webhook",), personal_message="Hi")
    assert sameness(other) == sameness(ADA)


def test_what_is_exactly_as_long_as_allowed_is_accepted() -> None:
    url = "https://www.linkedin.com/in/"
    longest = replace(
        ADA,
        linkedin_url=url + "a" * (URL_AT_MOST - len(url)),
        personal_message="x" * PERSONAL_AT_MOST,
        channels=tuple(f"webhook:n{n}" for n in range(CHANNELS_AT_MOST)),
    )
    checked(longest, TODAY)
