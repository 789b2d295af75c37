from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.message import (
    CHANNELS_AT_MOST,
    CONTENT_BYTES_AT_MOST,
    PROBLEMS_AT_MOST,
    Content,
    MediaReference,
    Message,
    Variant,
    checked,
)
from omnipub.domain.text import EXCERPT, excerpt
from omnipub.domain.timestamps import Schedule
from omnipub.errors import InvalidInputError

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
PHOTO = MediaReference(key="ab" * 32, content_type="image/png", size=1_000)


def refused(content: Content) -> list[str]:
    """The fields that are refused."""
    with pytest.raises(InvalidInputError) as caught:
        checked(content)
    assert all(sentence for _, sentence in caught.value.problems)
    return [field for field, _ in caught.value.problems]


# What a channel says.


def test_without_variants_every_channel_says_the_same() -> None:
    content = Content(text="Hello", link="https://x.de", hashtags=("a",), media=(PHOTO,), link_title="X")
    assert content.on("facebook") == content.on("linkedin:jobs") == content


def test_a_networks_variant_holds_for_all_its_accounts() -> None:
    content = Content(text="Hello", variants={"facebook": Variant(text="Hi")})
    assert [content.on(channel).text for channel in ("facebook", "facebook:b", "linkedin")] == ["Hi", "Hi", "Hello"]


def test_a_channels_own_variant_beats_its_networks() -> None:
    content = Content(text="Hello", variants={"facebook": Variant(text="Hi"), "facebook:b": Variant(text="Hey")})
    assert [content.on(channel).text for channel in ("facebook", "facebook:b")] == ["Hi", "Hey"]


def test_a_variant_keeps_what_it_does_not_replace() -> None:
    content = Content(text="Hello", link="https://x.de", hashtags=("a",), variants={"facebook": Variant(text="Hi")})
    assert content.on("facebook") == Content(text="Hi", link="https://x.de", hashtags=("a",))


def test_a_variant_may_say_nothing_where_the_message_says_something() -> None:
    content = Content(
        text="Hello",
        link="https://x.de",
        hashtags=("a",),
        media=(PHOTO,),
        variants={"facebook": Variant(text="", link="", hashtags=())},
    )
    assert content.on("facebook") == Content(media=(PHOTO,))


def test_applied_variants_are_gone() -> None:
    content = Content(text="Hello", variants={"facebook": Variant(text="Hi"), "facebook:b": Variant(text="Hey")})
    assert content.on("facebook").on("facebook:b").text == "Hi"


# Hashtags.


def test_hashtags_stand_on_a_line_of_their_own() -> None:
    assert Content(text="Hello", hashtags=("AWS", "Cloud")).with_hashtags() == "Hello\n\n#AWS #Cloud"


@pytest.mark.parametrize("text", ["Hello #AWS", "Hello #aws!", "#Aws hello"])
def test_a_hashtag_that_the_text_has_is_not_repeated_in_any_case(text: str) -> None:
    assert Content(text=text, hashtags=("AWS",)).with_hashtags() == text


def test_a_longer_hashtag_in_the_text_is_another_one() -> None:
    assert Content(text="Hello #AWSome", hashtags=("AWS",)).with_hashtags() == "Hello #AWSome\n\n#AWS"


def test_a_word_without_its_sign_is_no_hashtag() -> None:
    assert Content(text="AWS", hashtags=("AWS",)).with_hashtags() == "AWS\n\n#AWS"


def test_hashtags_alone_begin_without_an_empty_line() -> None:
    assert Content(hashtags=("AWS",)).with_hashtags() == "#AWS"


def test_a_text_without_hashtags_stays_as_it_is() -> None:
    assert Content(text="Hello\n\nworld").with_hashtags() == "Hello\n\nworld"


# Lists.


def test_an_excerpt_of_a_short_text_is_the_text_on_one_line() -> None:
    assert excerpt(" Hello\n\n  world ") == "Hello world"


def test_an_excerpt_of_exactly_its_length_is_whole() -> None:
    assert excerpt("x" * EXCERPT) == "x" * EXCERPT


def test_a_longer_text_ends_in_an_ellipsis() -> None:
    assert excerpt("x" * (EXCERPT + 1)) == "x" * (EXCERPT - 1) + "…"


@settings(deadline=None)
@given(st.text(max_size=300))
def test_an_excerpt_is_one_line_of_bounded_length(text: str) -> None:
    assert len(excerpt(text)) <= EXCERPT
    assert len(excerpt(text).splitlines()) <= 1


def test_a_message_without_text_is_listed_by_its_link() -> None:
    message = Message(
        id="1",
        owner="o",
        created_at=NOON,
        content=Content(link="https://x.de"),
        channels=("facebook",),
        schedule=Schedule(at=NOON, local="2026-11-23T12:00:00", zone="UTC"),
    )
    assert message.excerpt() == "https://x.de"


# What makes sense by itself.


@pytest.mark.parametrize("content", [Content(text="Hello"), Content(link="https://x.de"), Content(media=(PHOTO,))])
def test_a_text_a_link_or_an_image_is_enough(content: Content) -> None:
    assert checked(content) is content


@pytest.mark.parametrize("content", [Content(), Content(text=" \n\t"), Content(hashtags=("AWS",))])
def test_a_message_that_says_nothing_is_refused(content: Content) -> None:
    assert refused(content) == ["text"]


def test_exactly_the_most_bytes_pass_and_one_more_is_refused() -> None:
    euros, rest = divmod(CONTENT_BYTES_AT_MOST, 3)
    text = "€" * euros + "x" * rest
    assert checked(Content(text=text)).text == text
    assert refused(Content(text=text + "x")) == ["text"]


@pytest.mark.parametrize(
    "link",
    [
        "https://example.com",
        "http://example.com/a?b=c#d",
        "https://bücher.example/ä",
        "https://[2001:db8::1]:8080/",
        "HTTPS://EXAMPLE.COM",
    ],
)
def test_a_web_address_is_a_link(link: str) -> None:
    assert checked(Content(link=link)).link == link


@pytest.mark.parametrize(
    "link",
    [
        "example.com",
        "ftp://example.com",
        "javascript:alert(1)",
        "mailto:a@b.de",
        "https://",
        "https:///path",
        "//example.com",
        "https://exa mple.com",
        "https://example.com/a b",
        "https://example.com/\n",
        "https://[::1",
    ],
)
def test_what_is_not_a_web_address_is_no_link(link: str) -> None:
    assert refused(Content(link=link)) == ["link"]
    assert refused(Content(text="x", variants={"facebook": Variant(link=link)})) == ["variants.facebook.link"]


def test_a_variant_may_take_the_link_away() -> None:
    checked(Content(text="x", link="https://x.de", variants={"facebook": Variant(link="")}))


@pytest.mark.parametrize("tag", ["AWS", "re_Invent2026", "Bücher", "日本", "x" * 100])
def test_letters_digits_and_underscores_make_a_hashtag(tag: str) -> None:
    assert checked(Content(text="x", hashtags=(tag,))).hashtags == (tag,)


@pytest.mark.parametrize("tag", ["", "#AWS", "two words", "a-b", "2026", "_", "a.b", "x" * 101, "a\n", "🎉"])
def test_anything_else_makes_no_hashtag(tag: str) -> None:
    assert refused(Content(text="x", hashtags=(tag,))) == ["hashtags"]
    assert refused(Content(text="x", variants={"facebook": Variant(hashtags=(tag,))})) == ["variants.facebook.hashtags"]


def test_half_a_character_is_refused() -> None:
    assert refused(Content(text="\ud83c")) == ["text"]
    assert refused(Content(text="x", variants={"facebook": Variant(text="\udf89")})) == ["variants.facebook.text"]


def test_every_problem_is_named_at_once() -> None:
    content = Content(text="\ud83c", link="nowhere", hashtags=("#a", "b c"))
    assert sorted(refused(content)) == ["hashtags", "hashtags", "link", "text"]


@settings(deadline=None)
@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_no_text_is_changed_by_the_check(text: str) -> None:
    assert checked(Content(text=text)) == Content(text=text)


def test_a_message_its_deliveries_and_its_request_fit_into_one_transaction() -> None:
    assert CHANNELS_AT_MOST == 95


# Bounds.


@pytest.mark.parametrize(
    ("content", "field", "sentence"),
    [
        (Content(text="x" * 100_001), "text", "There are 100,001 characters; at most 100,000 are allowed."),
        (
            Content(text="a", link="https://x.de/" + "x" * 2_000),
            "link",
            "There are 2,013 characters; at most 2,000 are allowed.",
        ),
        (
            Content(text="a", link_title="x" * 2_001),
            "link_title",
            "There are 2,001 characters; at most 2,000 are allowed.",
        ),
        (Content(text="a", hashtags=("a",) * 101), "hashtags", "There are 101 hashtags; at most 100 are allowed."),
        (Content(media=(PHOTO,) * 41), "media", "There are 41 images; at most 40 are allowed."),
        (
            Content(media=(replace(PHOTO, alt="x" * 5_001),)),
            "media.0.alt",
            "There are 5,001 characters; at most 5,000 are allowed.",
        ),
        (
            Content(text="a", variants={f"x{number}": Variant(text="b") for number in range(191)}),
            "variants",
            "There are 191 variants; at most 190 are allowed.",
        ),
        (
            Content(text="a", variants={"x": Variant(text="b" * 100_001)}),
            "variants.x.text",
            "There are 100,001 characters; at most 100,000 are allowed.",
        ),
        (
            Content(text="a", variants={"x": Variant(hashtags=("b",) * 101)}),
            "variants.x.hashtags",
            "There are 101 hashtags; at most 100 are allowed.",
        ),
    ],
)
def test_everything_that_somebody_sends_has_a_bound_and_its_error_says_it(
    content: Content, field: str, sentence: str
) -> None:
    with pytest.raises(InvalidInputError) as caught:
        checked(content)
    assert (field, sentence) in caught.value.problems


def test_links_and_hashtags_of_variants_count_for_the_size_of_the_whole() -> None:
    links = {f"x{number}": Variant(link="https://x.de/" + "x" * 1_900) for number in range(150)}
    assert refused(Content(text="a", variants=links)) == ["text"]
    tags = {f"x{number}": Variant(hashtags=("a" * 100,) * 100) for number in range(30)}
    assert refused(Content(text="a", variants=tags)) == ["text"]


def test_a_thousand_mistakes_are_told_fifty_at_a_time() -> None:
    wrong = {f"x{number}": Variant(hashtags=("#",) * 100) for number in range(100)}
    assert len(refused(Content(text="a", variants=wrong))) == PROBLEMS_AT_MOST


def test_the_size_of_the_whole_is_asked_of_as_many_variants_as_are_allowed_and_no_more() -> None:
    links = {f"x{number}": Variant(link="https://x.de/" + "x" * 1_900) for number in range(191)}
    assert refused(Content(text="a", variants=links)) == ["variants"]
    del links["x0"]
    assert refused(Content(text="a", variants=links)) == ["text"]


def test_texts_of_variants_count_for_the_size_of_the_whole() -> None:
    texts = {name: Variant(text="x" * 90_000) for name in "abc"}
    assert refused(Content(text="a", variants=texts)) == ["text"]


def test_what_is_too_long_is_not_read_any_further() -> None:
    with pytest.raises(InvalidInputError, match="too long") as caught:
        checked(Content(text="x" * 100_001, link="nowhere"))
    assert [field for field, _ in caught.value.problems] == ["text"]
