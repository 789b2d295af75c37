# ruff: noqa: RUF001 (AWS writes its names with an en dash)
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnipub.channels.registry import CHANNELS
from omnipub.domain import announcement
from omnipub.domain.announcement import headline
from omnipub.domain.announcement_templates import DEFAULT, SHORT, Tone
from omnipub.domain.certification import MEMBER_AT_MOST, PERSONAL_AT_MOST, Certification
from omnipub.domain.certification_catalog import CATALOGUE
from omnipub.domain.message import Content, MediaReference, checked
from omnipub.domain.text import EXCERPT
from omnipub.domain.timestamps import Schedule

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PHOTO = MediaReference(key="ab" * 32, content_type="image/png", size=1_000)
NETWORKS = (*CHANNELS, "elsewhere")
TEMPLATES = [channel.announcement for channel in CHANNELS.values()]

ADA = Certification(
    id="01KAQ8GQ00000000000000000A",
    owner="owner-1",
    created_at=NOON,
    member="Ada Example",
    type="solutions-architect-associate",
    earned_on=date(2026, 11, 3),
    linkedin_url="https://www.linkedin.com/in/ada-example",
    personal_message="You earned every bit of it.",
    channels=("facebook", "linkedin"),
    schedule=Schedule(at=NOON, local="2026-11-23T12:00:00", zone="UTC"),
)

every_network = pytest.mark.parametrize("network", NETWORKS)
sly = st.text(alphabet="aZ {}%$\\0123:!.[]member", min_size=1, max_size=MEMBER_AT_MOST)


def announce(certification: Certification, channel: str) -> Content:
    return announcement.announce(certification, channel, CHANNELS)


def test_linkedin_gets_warm_words() -> None:
    assert announce(ADA, "linkedin").text == (
        "We are delighted to congratulate Ada Example on earning the "
        "AWS Certified Solutions Architect – Associate certification.\n\n"
        "Earned on 3 November 2026, it stands for many hours of study and practice. "
        "The whole team is proud of the result.\n\n"
        "You earned every bit of it.\n\n"
        "Congratulations, Ada Example, and all the best for whatever comes next!"
    )


def test_facebook_gets_friendly_words() -> None:
    assert announce(ADA, "facebook").text == (
        "Congratulations, Ada Example! 🎉\n\n"
        "Ada Example has earned the AWS Certified Solutions Architect – Associate certification.\n\n"
        "You earned every bit of it.\n\n"
        "Well done! Leave your congratulations in the comments."
    )


def test_a_webhook_gets_plain_words_and_no_hashtags() -> None:
    content = announce(ADA, "webhook")
    assert content.text == (
        "Ada Example earned the AWS Certified Solutions Architect – Associate certification "
        "on 3 November 2026.\n\n"
        "You earned every bit of it."
    )
    assert content.hashtags == ()


def test_any_other_network_gets_the_default_words() -> None:
    assert announce(ADA, "elsewhere").text == (
        "Ada Example has earned the AWS Certified Solutions Architect – Associate certification. "
        "Congratulations!\n\n"
        "You earned every bit of it."
    )


def test_a_network_that_counts_characters_gets_short_words_without_link() -> None:
    content = announce(ADA, "bluesky")
    assert content.text == (
        "Congratulations to Ada Example on earning the AWS Certified Solutions Architect – Associate certification!"
    )
    assert content.link == ""
    assert content.link_title == ""


def test_each_channel_of_a_network_speaks_like_its_network() -> None:
    assert announce(ADA, "linkedin:company") == announce(ADA, "linkedin")


@pytest.mark.parametrize("kind", CATALOGUE)
@every_network
def test_every_type_on_every_network_makes_an_acceptable_message(kind: str, network: str) -> None:
    content = announce(replace(ADA, type=kind, photo=PHOTO), network)
    assert checked(content) is content
    assert CATALOGUE[kind].name in content.text


@every_network
def test_without_a_personal_message_no_gap_is_left(network: str) -> None:
    for nothing in ("", " \n "):
        text = announce(replace(ADA, personal_message=nothing), network).text
        assert text == text.strip()
        assert "\n\n\n" not in text
        assert text == announce(ADA, network).text.replace("You earned every bit of it.\n\n", "").removesuffix(
            "\n\nYou earned every bit of it."
        )


@pytest.mark.parametrize("kind", CATALOGUE)
def test_the_longest_short_text_fits_280_characters_with_its_hashtags(kind: str) -> None:
    content = announce(replace(ADA, member="M" * MEMBER_AT_MOST, type=kind), "bluesky")
    assert len(content.with_hashtags()) <= 280


@every_network
def test_the_longest_text_stays_below_3000_characters(network: str) -> None:
    longest = replace(ADA, member="M" * MEMBER_AT_MOST, personal_message="p" * PERSONAL_AT_MOST)
    assert len(announce(longest, network).with_hashtags()) < 3_000


@every_network
@given(member=sly, personal=sly)
def test_a_name_with_braces_or_percent_signs_is_only_characters(network: str, member: str, personal: str) -> None:
    mark, words = "\ue000", "\ue001"
    pattern = announce(replace(ADA, member=mark, personal_message=words), network).text
    assert not set("{}%") & set(pattern)
    text = announce(replace(ADA, member=member, personal_message=f"<{personal}>"), network).text
    member_once = " ".join(member.split())
    assert text == "".join({mark: member_once, words: f"<{personal}>"}.get(char, char) for char in pattern)


@every_network
@given(member=st.text(min_size=1, max_size=MEMBER_AT_MOST))
def test_the_same_certification_makes_the_same_content_for_any_name(network: str, member: str) -> None:
    certification = replace(ADA, member=member, photo=PHOTO)
    assert announce(certification, network) == announce(replace(certification), network)


def test_the_profile_becomes_the_link_with_a_title() -> None:
    content = announce(ADA, "facebook")
    assert content.link == ADA.linkedin_url
    assert content.link_title == "Ada Example on LinkedIn"


def test_without_a_profile_there_is_neither_link_nor_title() -> None:
    content = announce(replace(ADA, linkedin_url=""), "facebook")
    assert (content.link, content.link_title) == ("", "")


def test_the_hashtags_are_the_catalogues() -> None:
    assert announce(ADA, "linkedin").hashtags == CATALOGUE[ADA.type].hashtags


def test_a_photo_without_description_shows_the_member() -> None:
    [picture] = announce(replace(ADA, photo=PHOTO), "facebook").media
    assert picture == replace(PHOTO, alt="Photo of Ada Example")


def test_a_described_photo_keeps_its_description() -> None:
    described = replace(PHOTO, alt="Ada with a trophy")
    assert announce(replace(ADA, photo=described), "facebook").media == (described,)


def test_without_a_photo_there_are_no_media() -> None:
    assert announce(ADA, "facebook").media == ()


@pytest.mark.parametrize("template", [*TEMPLATES, DEFAULT])
def test_no_template_needs_an_article_before_a_name(template: object) -> None:
    words = f"{template}"
    assert " a {" not in words
    assert " an {" not in words


def test_only_short_templates_leave_the_personal_message_out() -> None:
    for template in (*TEMPLATES, DEFAULT, SHORT):
        assert template.personal is (template.tone is not Tone.SHORT)


@pytest.mark.parametrize("month", range(1, 13))
def test_every_month_has_its_english_name(month: int) -> None:
    text = announce(replace(ADA, earned_on=date(2025, month, 1)), "webhook").text
    assert datetime(2025, month, 1, tzinfo=UTC).strftime("on 1 %B 2025.") in text


def test_a_headline_says_who_earned_what() -> None:
    assert headline(ADA) == "Ada Example: Solutions Architect – Associate"


@given(member=st.text(max_size=2 * MEMBER_AT_MOST))
def test_a_headline_is_one_short_line(member: str) -> None:
    line = headline(replace(ADA, member=member))
    assert len(line) <= EXCERPT
    assert len(line.splitlines()) == 1
