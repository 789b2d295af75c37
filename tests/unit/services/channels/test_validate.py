from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.conversation import Account, Looking, Occasion, Publishing
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.limits import Limits, Unit
from omnipub.domain.message import Content, MediaReference, Variant
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint
from omnipub.services.channels.validate import admit, examined, objections

LIMITS = Limits(
    text=((20, Unit.CHARACTERS), (40, Unit.BYTES)),
    images=2,
    image_types=("image/png", "image/jpeg"),
    image_bytes=1000,
    alt_text=10,
)
PHOTO = MediaReference(key="ab" * 32, content_type="image/png", size=1000, alt="x" * 10)


class SomeChannel:
    """A network that says text and hashtags, and stamps what it says if it has a stamp."""

    settle = timedelta(0)
    base_url = "https://net"

    def __init__(self, name: str, limits: Limits = LIMITS, stamp: str = "") -> None:
        self.name = name
        self.title = name.capitalize()
        self.limits = limits
        self.stamp = stamp

    def text(self, content: Content) -> str:
        return content.with_hashtags() + self.stamp

    def remedy(self, account_id: str) -> ReconcileMethod:
        raise NotImplementedError(account_id)

    def render(self, content: Content, occasion: Occasion) -> Mapping[str, Any]:
        raise NotImplementedError(content, occasion)

    def text_of(self, frozen: Mapping[str, Any]) -> str:
        raise NotImplementedError(frozen)

    def publish(self, frozen: Mapping[str, Any], account: Account, now: Callable[[], datetime]) -> Publishing:
        raise NotImplementedError(frozen, account, now)

    def look_up(self, account: Account, since: datetime) -> Looking:
        raise NotImplementedError(account, since)

    def delete(self, network_id: str, account: Account) -> Publishing:
        raise NotImplementedError(network_id, account)


NET = SomeChannel("net")
WIDE = SomeChannel("wide", replace(LIMITS, text=((1_000_000, Unit.BYTES),)))
CHANNELS = {"net": NET, "wide": WIDE}


def problems(contents: Mapping[str, Content]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInputError) as caught:
        admit(contents, CHANNELS)
    return list(caught.value.problems)


def test_content_at_every_limit_is_admitted() -> None:
    content = Content(text="ä" * 20, media=(PHOTO, PHOTO))
    assert objections(content, NET) == []
    admit({"net": content}, CHANNELS)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (Content(text="x" * 21), "Net: The text has 21 characters; at most 20 are allowed."),
        (Content(text="€" * 13 + "xx"), "Net: The text has 41 bytes; at most 40 are allowed."),
        (Content(media=(PHOTO,) * 3), "Net: The post has 3 images; at most 2 are allowed."),
        (
            Content(media=(PHOTO, replace(PHOTO, size=1001))),
            "Net: Image 2 has 1,001 bytes; at most 1,000 are allowed.",
        ),
        (
            Content(media=(replace(PHOTO, alt="x" * 11),)),
            "Net: The alt text of image 1 has 11 characters; at most 10 are allowed.",
        ),
    ],
)
def test_one_more_than_a_limit_is_refused_with_the_number_that_would_have_been_allowed(
    content: Content, sentence: str
) -> None:
    assert objections(content, NET) == [sentence]


def test_another_kind_of_image_is_refused_naming_the_accepted_ones() -> None:
    (sentence,) = objections(Content(media=(replace(PHOTO, content_type="image/gif"),)), NET)
    assert "image/png, image/jpeg would be" in sentence


def test_a_network_without_images_says_so() -> None:
    texts_only = SomeChannel("net", Limits(text=(), images=0, image_bytes=1000, alt_text=10))
    sentences = " ".join(objections(Content(media=(PHOTO,)), texts_only))
    assert "at most 0 are allowed" in sentences
    assert "no images would be" in sentences


def test_every_broken_limit_is_named() -> None:
    bad = replace(PHOTO, content_type="image/gif", size=1001, alt="x" * 11)
    assert len(objections(Content(text="€" * 21, media=(bad, PHOTO, PHOTO)), NET)) == 6


def test_the_text_that_people_will_see_is_counted_with_its_hashtags() -> None:
    assert objections(Content(text="x" * 14, hashtags=("aws",)), NET) == []
    assert objections(Content(text="x" * 15, hashtags=("aws",)), NET)


def test_what_the_channel_adds_of_its_own_counts_too() -> None:
    assert objections(Content(text="x" * 20), SomeChannel("net", stamp="!"))


@pytest.mark.parametrize("content", [Content(), Content(text=" \n"), Content(link_title="x")])
def test_a_channel_that_is_left_without_anything_to_say_is_refused(content: Content) -> None:
    (sentence,) = objections(content, NET)
    assert "Nothing is left to say" in sentence


@pytest.mark.parametrize("content", [Content(text="x"), Content(link="https://x.de"), Content(media=(PHOTO,))])
def test_a_text_a_link_or_an_image_is_enough_to_say(content: Content) -> None:
    assert objections(content, NET) == []


def test_every_objection_begins_with_the_networks_name() -> None:
    bad = Content(text="x" * 99, media=(PHOTO,) * 3)
    found = objections(bad, NET)
    assert len(found) > 1
    assert all(sentence.startswith("Net: ") for sentence in found)


def test_the_channel_that_cannot_take_it_is_named_and_the_others_are_not() -> None:
    content = Content(text="x" * 21)
    assert [field for field, _ in problems({"wide": content, "net:b": content})] == ["channels.net:b"]


def test_problems_of_all_channels_are_named_at_once() -> None:
    content = Content(text="x" * 21)
    assert [field for field, _ in problems({"net": content, "net:b": content})] == ["channels.net", "channels.net:b"]


def test_a_refusal_says_where_the_limits_stand() -> None:
    with pytest.raises(InvalidInputError) as caught:
        admit({"net": Content(text="x" * 21)}, CHANNELS)
    assert caught.value.hints == (Hint(action=Action.LIST_LIMITS),)


def test_a_variant_that_fits_is_admitted_where_the_common_text_does_not() -> None:
    content = Content(text="x" * 21, variants={"net": Variant(text="short")})
    admit({channel: content.on(channel) for channel in ("net", "wide")}, CHANNELS)


def test_a_variant_that_takes_everything_away_is_refused() -> None:
    content = Content(text="Hello", variants={"net": Variant(text="")})
    assert [field for field, _ in problems({"net": content.on("net"), "wide": content.on("wide")})] == ["channels.net"]


def test_a_message_to_no_channel_breaks_no_limit() -> None:
    admit({}, CHANNELS)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40).filter(str.strip))
def test_a_text_passes_exactly_if_it_breaks_no_limit_and_is_never_trimmed(text: str) -> None:
    content = Content(text=text)
    said = NET.text(content)
    fits = len(said) <= 20 and len(said.encode()) <= 40
    assert (objections(content, NET) == []) == fits
    assert content.text == text


def test_an_objection_has_the_numbers_of_the_limit_it_is_about_and_none_where_there_are_none() -> None:
    gif = replace(PHOTO, content_type="image/gif")
    found = examined(Content(text="x" * 21, media=(gif,)), SomeChannel("net"))
    numbers = [(one.excess.found, one.excess.most, one.excess.unit) if one.excess else None for one in found]
    assert numbers == [(21, 20, Unit.CHARACTERS), None]
    assert [one.sentence for one in found] == objections(Content(text="x" * 21, media=(gif,)), SomeChannel("net"))
