# ruff: noqa: RUF001 (AWS writes its names with an en dash)
import re
from datetime import date, timedelta

import pytest

from omnipub.domain.certification_catalog import (
    AS_OF,
    CATALOGUE,
    PROGRAMME_SINCE,
    CertificationType,
    Level,
    check_date,
    type_named,
)
from omnipub.domain.message import Content, checked
from omnipub.errors import InvalidInputError
from omnipub.hints import Action, Hint

ROWS = pytest.mark.parametrize("row", CATALOGUE.values(), ids=CATALOGUE)

CURRENT = {
    "ai-business-strategist",
    "ai-practitioner",
    "advanced-networking-specialty",
    "cloud-practitioner",
    "cloudops-engineer-associate",
    "data-engineer-associate",
    "developer-associate",
    "devops-engineer-professional",
    "generative-ai-developer-professional",
    "machine-learning-engineer-associate",
    "security-specialty",
    "solutions-architect-associate",
    "solutions-architect-professional",
}


@ROWS
def test_every_row_is_well_formed(row: CertificationType) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.slug)
    assert row.codes
    assert all(re.fullmatch(r"[A-Z]{2}[A-Z0-9]-C\d\d", code) for code in row.codes)
    assert row.name.removeprefix("AWS Certified").removeprefix(":").strip() == row.title
    assert not row.successor or row.successor in CATALOGUE


@ROWS
def test_a_role_level_stands_in_the_name_and_the_slug_alike(row: CertificationType) -> None:
    if row.level in {Level.ASSOCIATE, Level.PROFESSIONAL, Level.SPECIALTY}:
        assert row.title.endswith(f" – {row.level.capitalize()}")
        assert row.slug.endswith(f"-{row.level}")
    else:
        assert "–" not in row.title


@ROWS
def test_every_rows_dates_are_in_order(row: CertificationType) -> None:
    first = row.available_from or PROGRAMME_SINCE
    assert PROGRAMME_SINCE <= first <= AS_OF
    assert row.retired_on is None or first < row.retired_on


@ROWS
def test_every_rows_hashtags_are_accepted_in_a_message(row: CertificationType) -> None:
    checked(Content(text="Text", hashtags=row.hashtags))
    assert len({tag.casefold() for tag in row.hashtags}) == len(row.hashtags)


def test_no_code_or_alias_belongs_to_two_rows() -> None:
    known = [word for row in CATALOGUE.values() for word in (*row.codes, *row.aliases)]
    assert len(set(known)) == len(known)


def test_what_can_be_earned_on_the_day_of_the_comparison_is_what_aws_offers() -> None:
    open_now = {row.slug for row in CATALOGUE.values() if row.retired_on is None or row.retired_on >= AS_OF}
    assert open_now == CURRENT


def test_a_successor_begins_no_later_than_its_predecessor_ends() -> None:
    assert [row for row in CATALOGUE.values() if row.successor and CATALOGUE[row.successor].available_from]
    for row in CATALOGUE.values():
        begins = CATALOGUE[row.successor].available_from if row.successor else None
        if begins is not None:
            assert row.retired_on is not None
            assert begins <= row.retired_on + timedelta(days=1)


@ROWS
def test_a_type_is_found_by_slug_name_code_and_alias_in_any_case(row: CertificationType) -> None:
    for known in (row.slug, row.name, row.title, *row.codes, *row.aliases):
        assert type_named(known) is row
        assert type_named(known.upper()) is row
        assert type_named(f"  {known.lower()} ") is row


@pytest.mark.parametrize(
    "text",
    [
        "AWS Certified Solutions Architect - Associate",
        "aws certified solutions architect — associate",
        "Solutions Architect Associate",
        "SAA-C03",
        "saa-c02",
    ],
)
def test_dashes_and_the_shared_beginning_of_a_name_do_not_matter(text: str) -> None:
    assert type_named(text).slug == "solutions-architect-associate"


def test_the_name_before_a_renaming_is_a_row_of_its_own() -> None:
    assert type_named("SOA-C02").slug == "sysops-administrator-associate"
    assert type_named("SOA-C03").slug == "cloudops-engineer-associate"


def test_a_misspelled_type_is_answered_with_close_ones() -> None:
    with pytest.raises(InvalidInputError) as caught:
        type_named("solution-architect-asociate")
    assert "solutions-architect-associate" in caught.value.hint
    assert caught.value.hints[-1] == Hint(action=Action.LIST_TYPES)
    assert [field for field, _ in caught.value.problems] == ["type"]


@pytest.mark.parametrize("text", ["", "???", "{0} %s", "x" * 100_000])
def test_a_type_like_no_other_is_answered_with_where_to_look(text: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        type_named(text)
    assert caught.value.hints == (Hint(action=Action.LIST_TYPES),)
    assert len(caught.value.message) < 200


@pytest.mark.parametrize(
    ("slug", "day"),
    [
        ("cloudops-engineer-associate", date(2025, 9, 30)),
        ("sysops-administrator-associate", date(2025, 9, 29)),
        ("machine-learning-specialty", date(2026, 3, 31)),
        ("ai-business-strategist", date(2026, 9, 29)),
        ("developer-associate", PROGRAMME_SINCE),
        ("solutions-architect-professional", AS_OF),
    ],
)
def test_the_first_and_the_last_day_of_a_type_are_accepted(slug: str, day: date) -> None:
    check_date(CATALOGUE[slug], earned_on=day, today=AS_OF)


@pytest.mark.parametrize(
    ("slug", "day", "said"),
    [
        ("cloudops-engineer-associate", date(2025, 9, 29), "before 2025-09-30"),
        ("developer-associate", date(2013, 4, 29), "before 2013-04-30"),
        ("machine-learning-specialty", date(2026, 4, 1), "after 2026-03-31"),
        ("sysops-administrator-associate", date(2025, 9, 30), "successor is cloudops-engineer-associate"),
        (
            "cloud-practitioner",
            date(2026, 11, 24),
            "2026-11-24 lies in the future: that day has not begun anywhere on earth",
        ),
        ("sysops-administrator-associate", date(2027, 1, 1), "in the future"),
    ],
)
def test_a_day_on_which_nobody_can_have_earned_it_is_refused_with_what_was_possible(
    slug: str, day: date, said: str
) -> None:
    with pytest.raises(InvalidInputError, match=said) as caught:
        check_date(CATALOGUE[slug], earned_on=day, today=date(2026, 11, 23))
    assert [field for field, _ in caught.value.problems] == ["earned_on"]


def test_a_type_without_a_successor_names_none() -> None:
    with pytest.raises(InvalidInputError, match="after 2026-03-31") as caught:
        check_date(CATALOGUE["machine-learning-specialty"], earned_on=date(2026, 4, 1), today=date(2026, 11, 23))
    assert "successor" not in caught.value.message
