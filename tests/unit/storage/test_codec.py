from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omnipub.domain.certification import Certification
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Attempt, Delivery, DoubledPost, FrozenRequest, Lease, Reason, Unpublished
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content, MediaReference, Message, Variant
from omnipub.domain.timestamps import Schedule
from omnipub.domain.token_refresh import RefreshFailure
from omnipub.storage.codec import decode, encode
from omnipub.storage.items import Connection, ConnectionStatus

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def every(kind: type[Any], /, **parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Values of `kind` with every field filled, or a new field would be stored untested."""
    assert set(parts) == {part.name for part in fields(kind)}
    return st.builds(kind, **parts)


moments = st.integers(0, 250_000_000_000_000).map(
    lambda millis: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=millis)
)
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
counts = st.integers(0, 2**40)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | text,
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(text, parts, max_size=3),
    max_leaves=6,
)
maybe_moment = st.none() | moments
some_moments = st.lists(moments, max_size=3).map(tuple)
words = st.lists(text, max_size=3).map(tuple)
parents = every(Parent, kind=st.sampled_from(ParentKind), id=text)
schedules = every(Schedule, at=moments, local=text, zone=text)
media = every(MediaReference, key=text, content_type=text, size=counts, alt=text)
variants = every(
    Variant, text=st.none() | text, link=st.none() | text, hashtags=st.none() | st.lists(text, max_size=2).map(tuple)
)
contents = every(
    Content,
    text=text,
    link=text,
    link_title=text,
    hashtags=words,
    media=st.lists(media, max_size=2).map(tuple),
    variants=st.dictionaries(text, variants, max_size=2),
)
deliveries = every(
    Delivery,
    parent=parents,
    channel=text,
    account=text,
    owner=text,
    status=st.sampled_from(Status),
    due_at=maybe_moment,
    next_at=maybe_moment,
    not_after=maybe_moment,
    version=counts,
    write_id=text,
    revision=counts,
    attempts=counts,
    tries_used=counts,
    deaths=counts,
    own_words=st.booleans(),
    published_from=maybe_moment,
    first_due=maybe_moment,
    key_in_doubt=st.booleans(),
    may_be_out=st.booleans(),
    uncertain_since=maybe_moment,
    settle_from=maybe_moment,
    clean_looks=some_moments,
    looks=counts,
    unasked_since=maybe_moment,
    holds=text,
    cancel_asked=text,
    lease=st.none()
    | every(Lease, claim_id=text, attempt=counts, started_at=moments, until=moments, sends=st.booleans(), boot=counts),
    frozen=st.none() | every(FrozenRequest, revision=counts, body=st.dictionaries(text, json, max_size=3)),
    published_at=maybe_moment,
    network_id=text,
    permalink=text,
    adopted=st.booleans(),
    doubles=st.lists(
        every(DoubledPost, network_id=text, permalink=text, published_at=moments, revision=counts), max_size=2
    ).map(tuple),
    reason=st.none() | every(Reason, code=text, sentence=text, at=moments),
    unpublished=st.none() | every(Unpublished, at=moments, by=text),
)
attempts = every(
    Attempt,
    parent=parents,
    channel=text,
    number=counts,
    started_at=moments,
    ended_at=maybe_moment,
    ended=text,
    code=text,
    sentence=text,
    network_id=text,
)
messages = every(
    Message,
    id=text,
    owner=text,
    created_at=moments,
    content=contents,
    channels=words,
    schedule=schedules,
    revision=counts,
    version=counts,
    write_id=text,
    imported=text,
)
certifications = every(
    Certification,
    id=text,
    owner=text,
    created_at=moments,
    member=text,
    type=text,
    earned_on=st.dates(),
    linkedin_url=text,
    photo=st.none() | media,
    personal_message=text,
    channels=words,
    schedule=schedules,
    revision=counts,
    version=counts,
    write_id=text,
)
renewals_failed = every(RefreshFailure, at=moments, sentence=text, times=counts, for_good=st.booleans())
connections = every(
    Connection,
    owner=text,
    channel=text,
    account=text,
    title=text,
    also=st.lists(text, max_size=2).map(tuple),
    sealed=text,
    created_at=moments,
    base_url=text,
    settings=st.none() | st.dictionaries(text, text, max_size=2),
    standing=st.sampled_from(ConnectionStatus),
    standing_since=maybe_moment,
    standing_reason=text,
    refresh_at=maybe_moment,
    renewing_until=maybe_moment,
    renewal_failed=st.none() | renewals_failed,
    version=counts,
    write_id=text,
)
values = st.one_of(deliveries, messages, attempts, certifications, connections, contents, schedules)

STORABLE = (str, int, bool, type(None))
LEAST = Delivery(
    parent=Parent(kind=ParentKind.MESSAGE, id="1"),
    channel="facebook",
    account="1",
    owner="ada",
    status=Status.DRAFT,
    due_at=None,
    next_at=None,
)


def storable(value: Any) -> bool:
    if isinstance(value, dict):
        return all(type(name) is str and storable(part) for name, part in value.items())
    if isinstance(value, list):
        return all(storable(part) for part in value)
    return type(value) in STORABLE


def with_news(value: Any) -> Any:
    """`value` as a newer release might write it: each map knows more; lists and free-form bodies stay."""
    if not isinstance(value, dict):
        return value
    return {name: part if name == "body" else with_news(part) for name, part in value.items()} | {"novelty": {"a": [1]}}


def from_dynamodb(value: Any) -> Any:
    """Numbers come back as Decimal."""
    if isinstance(value, dict):
        return {name: from_dynamodb(part) for name, part in value.items()}
    if isinstance(value, list):
        return [from_dynamodb(part) for part in value]
    return Decimal(value) if type(value) is int else value


moderately = settings(deadline=None, max_examples=150)


@moderately
@given(values)
def test_a_value_survives_its_item(value: Any) -> None:
    assert decode(type(value), encode(value)) == value


@moderately
@given(values)
def test_an_item_holds_nothing_but_texts_whole_numbers_booleans_lists_and_maps(value: Any) -> None:
    assert storable(encode(value))


@moderately
@given(st.one_of(deliveries, attempts, certifications, schedules))
def test_what_a_newer_release_added_is_ignored(value: Any) -> None:
    assert decode(type(value), with_news(encode(value))) == value


@moderately
@given(st.one_of(deliveries.filter(lambda delivery: delivery.frozen is None), messages, attempts, certifications))
def test_dynamodbs_decimals_become_the_whole_numbers_they_were(value: Any) -> None:
    back = decode(type(value), from_dynamodb(encode(value)))
    assert back == value
    assert not any(isinstance(getattr(back, part.name), Decimal) for part in fields(back))


@moderately
@given(values)
def test_what_has_its_default_is_left_out(value: Any) -> None:
    item = encode(value)
    assert set(item) <= {part.name for part in fields(value)}
    for part in fields(value):
        if part.name not in item:
            assert getattr(value, part.name) == getattr(decode(type(value), item), part.name)


def test_the_least_delivery_has_few_attributes() -> None:
    assert encode(LEAST) == {
        "parent": {"kind": "MSG", "id": "1"},
        "channel": "facebook",
        "account": "1",
        "owner": "ada",
        "status": "draft",
        "due_at": None,
        "next_at": None,
    }


def test_an_empty_map_or_list_that_a_field_has_by_default_is_left_out_too() -> None:
    assert encode(Content(text="Hello")) == {"text": "Hello"}


def test_an_item_without_a_newer_field_gets_its_default() -> None:
    old = encode(LEAST)
    assert decode(Delivery, old) == LEAST


def test_values_come_back_in_their_own_types() -> None:
    back = decode(Delivery, encode(LEAST))
    assert back.status is Status.DRAFT
    assert isinstance(back.parent, Parent)
    assert back.parent.kind is ParentKind.MESSAGE
    assert back.clean_looks == ()


def test_a_moment_is_stored_as_its_sortable_text() -> None:
    assert encode(NOON) == "2026-11-23T12:00:00.000Z"


def test_a_day_is_stored_as_a_day() -> None:
    assert encode(date(2026, 11, 23)) == "2026-11-23"
    assert decode(date, "2026-11-23") == date(2026, 11, 23)


def test_the_order_of_a_frozen_body_is_kept() -> None:
    body = {"z": 1, "a": {"y": 2, "b": 3}}
    back = decode(FrozenRequest, encode(FrozenRequest(revision=1, body=body)))
    assert list(back.body) == ["z", "a"]
    assert list(back.body["a"]) == ["y", "b"]


def test_an_empty_replacement_is_not_no_replacement() -> None:
    for variant in (Variant(text=""), Variant(hashtags=()), Variant(link="")):
        assert decode(Variant, encode(variant)) == variant != Variant()


@pytest.mark.parametrize("value", [1.5, {"a": 0.1}, [1.0], FrozenRequest(revision=1, body={"ratio": 1.91})])
def test_a_float_is_refused_since_the_table_has_none(value: Any) -> None:
    with pytest.raises(TypeError, match="no floats"):
        encode(value)


def test_an_unknown_status_is_refused_and_not_guessed() -> None:
    with pytest.raises(ValueError, match="abducted"):
        decode(Delivery, encode(LEAST) | {"status": "abducted"})


class Colour(StrEnum):
    RED = "red"


@dataclass(frozen=True, kw_only=True)
class Inner:
    at: datetime
    colour: Colour = Colour.RED


@dataclass(frozen=True, kw_only=True)
class Outer:
    inners: tuple[Inner, ...] = ()
    by_name: dict[str, Inner] | None = None


def test_values_nest_as_deep_as_their_types() -> None:
    outer = Outer(inners=(Inner(at=NOON),), by_name={"a": Inner(at=NOON)})
    assert encode(outer) == {
        "inners": [{"at": "2026-11-23T12:00:00.000Z"}],
        "by_name": {"a": {"at": "2026-11-23T12:00:00.000Z"}},
    }
    assert decode(Outer, encode(outer)) == outer
