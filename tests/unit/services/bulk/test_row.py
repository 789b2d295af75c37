"""Rows in files: what is written is read again, and what cannot be read says where and why."""

import csv
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnipub.domain.message import Variant
from omnipub.errors import InvalidInputError
from omnipub.services.bulk import formats
from omnipub.services.bulk.formats import Format, heading, line_of, read
from omnipub.services.bulk.row import FIELDS, Picture, Problem, Row

text = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
some = text.filter(bool)
word = st.text("abc012", min_size=1, max_size=6)
words = st.lists(word, max_size=3).map(tuple)
rows = st.builds(
    Row,
    key=st.just("") | word,
    text=text,
    link=text,
    link_title=text,
    hashtags=words,
    channels=words,
    at=st.just("") | word,
    zone=st.just("") | word,
    fold=st.just("") | word,
    not_after=st.just("") | word,
    images=st.lists(st.builds(Picture, file=some, alt=text), max_size=2).map(tuple),
    variants=st.dictionaries(
        some,
        st.builds(Variant, text=st.none() | text, link=st.none() | text, hashtags=st.none() | words),
        max_size=2,
    ),
)


def written(form: Format, *these: Row) -> bytes:
    return (heading(form) + "".join(line_of(row, form) for row in these)).encode()


def only(found: list[Any]) -> Any:
    (one,) = found
    return one


def problems(data: bytes, form: Format = Format.CSV) -> list[tuple[int, str]]:
    return [(one.line, one.field) for row in read(data, form) if isinstance(row, list) for one in row]


@pytest.mark.parametrize("form", Format)
@given(row=rows)
def test_what_is_written_is_read_again(form: Format, row: Row) -> None:
    found = only(read(written(form, row), form))
    assert replace(found, line=0) == row


@given(row=rows)
def test_no_cell_begins_like_a_formula(row: Row) -> None:
    (_, cells) = csv.reader(io.StringIO(written(Format.CSV, row).decode(), newline=""), strict=True)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))]


@pytest.mark.parametrize(
    "said", ["=1+1", "'=1", "''=1", "+49 30", "-5", "@you", "\ttab", "'quoted'", "it's", "'", "\uff1d1"]
)
def test_an_apostrophe_in_front_of_a_formula_comes_and_goes(said: str) -> None:
    assert only(read(written(Format.CSV, Row(text=said)), Format.CSV)).text == said


def test_a_spreadsheets_file_is_read_with_its_mark_line_ends_and_quoted_lines() -> None:
    data = '\ufefftext,channels\r\n"one\r\n""two""\n",facebook\r\n\r\nthree,"facebook, linkedin"\r\n'.encode()
    first, second = read(data, Format.CSV)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.line, first.text, first.channels) == (2, 'one\r\n"two"\n', ("facebook",))
    assert (second.line, second.text, second.channels) == (6, "three", ("facebook", "linkedin"))


def test_old_line_ends_are_read_too() -> None:
    assert [row.text for row in read(b"text,channels\rone,a\rtwo,b\r", Format.CSV) if isinstance(row, Row)] == [
        "one",
        "two",
    ]


def test_bytes_that_are_not_utf8_are_found_where_they_stand() -> None:
    data = "text,channels\nGrüße,facebook\n".encode("latin-1") + "Grüße,facebook\n".encode()
    bad, good = read(data, Format.CSV)
    assert isinstance(bad, list)
    assert (bad[0].line, bad[0].field) == (2, "text")
    assert "UTF-8" in bad[0].sentence
    assert isinstance(good, Row)
    assert problems('{"text": "Grüße", "channels": "a"}\n'.encode("latin-1"), Format.JSONL) == [(1, "text")]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no rows"),
        (b"text,channels\n", "no rows"),
        (b"text,chanels\nHi,facebook\n", "There is no column 'chanels'"),
        (b"text,Channels\nHi,facebook\n", "There is no column 'Channels'"),
        (b"text,text,channels\nHi,Hi,facebook\n", "twice"),
        (b"text\nHi\n", "no column 'channels'"),
        (b"text;channels\nHi;facebook\n", "not separated by commas"),
        (b"text\tchannels\nHi\tfacebook\n", "not separated by commas"),
        (b'"text,channels\n', "heading is not CSV"),
        ("text,channels\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_says_why(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=said) as error:
        read(data, Format.CSV)
    assert error.value.hint or "heading" in said


def test_an_unknown_column_names_the_allowed_ones() -> None:
    with pytest.raises(InvalidInputError) as error:
        read(b"text,chanels\nHi,facebook\n", Format.CSV)
    assert all(name in error.value.hint for name in FIELDS)


def test_rows_that_are_no_csv_do_not_hide_the_others() -> None:
    data = b'text,channels\none,a,b\ntwo\nthree,facebook\nfour,"open\nfive,facebook\n'
    assert problems(data) == [(2, ""), (3, ""), (5, "")]
    assert [row.text for row in read(data, Format.CSV) if isinstance(row, Row)] == ["three"]


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("{", ""),
        ("[]", ""),
        ("1", ""),
        ("NaN", ""),
        ("[" * 100_000, ""),
        ('{"text": "a", "text": "b"}', ""),
        ('{"txt": "a"}', "txt"),
        ('{"text": 1}', "text"),
        ('{"text": ["a"]}', "text"),
        ('{"text": "\\ud800"}', "text"),
        ('{"channels": {"facebook": 1}}', "channels"),
        ('{"channels": ["facebook", 1]}', "channels"),
        ('{"channels": ["facebook", " "]}', "channels"),
        ('{"channels": [""]}', "channels"),
        ('{"channels": "facebook,,linkedin"}', "channels"),
        ('{"channels": "facebook", "hashtags": "a,"}', "hashtags"),
        ('{"images": 1}', "images"),
        ('{"images": [{"alt": "no file"}]}', "images"),
        ('{"images": [{"file": "a.png", "title": "x"}]}', "images"),
        ('{"variants": "x"}', "variants"),
        ('{"variants": {"linkedin": {"txt": "x"}}}', "variants"),
        ('{"variants": {"linkedin": {"text": 1}}}', "variants"),
    ],
)
def test_a_line_of_json_that_is_no_row_says_where(line: str, field: str) -> None:
    data = f'{{"text": "fine", "channels": "facebook"}}\n\n{line}\n'.encode()
    assert problems(data, Format.JSONL) == [(3, field)]


@pytest.mark.parametrize(("cell", "field"), [('"{"', "variants"), ('"[1"', "images"), ('"{""a"":1}"', "variants")])
def test_a_cell_that_holds_broken_json_is_named(cell: str, field: str) -> None:
    assert problems(f"channels,{field}\nfacebook,{cell}\n".encode()) == [(2, field)]


def test_short_forms_are_understood() -> None:
    data = b'{"channels": "facebook, linkedin", "hashtags": "#one,two", "images": "a.png", "variants": {"x": "Y"}}\r\n'
    row = only(read(data, Format.JSONL))
    assert row.channels == ("facebook", "linkedin")
    assert row.hashtags == ("one", "two")
    assert row.images == (Picture(file="a.png"),)
    assert row.variants == {"x": Variant(text="Y")}


def test_a_field_that_is_null_is_absent() -> None:
    row = only(
        read(
            (
                '{"text": null, "channels": "a"'
                + "".join(f', "{n}": null' for n in FIELDS if n not in {"text", "channels"})
                + "}"
            ).encode(),
            Format.JSONL,
        )
    )
    assert row == Row(line=1, channels=("a",))


def test_more_rows_than_may_be_held_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "ROWS_AT_MOST", 2)
    assert len(read(b"channels\na\nb\n", Format.CSV)) == 2
    with pytest.raises(InvalidInputError, match="more than 2 rows"):
        read(b"channels\na\nb\nc\n", Format.CSV)


def test_a_file_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "FILE_BYTES_AT_MOST", 10)
    with pytest.raises(InvalidInputError, match="11 bytes"):
        read(b"channels\na\n", Format.CSV)


def test_a_text_of_the_largest_size_fits_into_a_cell() -> None:
    row = Row(text="x" * 200_000, channels=("a",))
    assert only(read(written(Format.CSV, row), Format.CSV)).text == row.text


def test_a_quote_that_is_never_closed_does_not_swallow_a_large_file() -> None:
    data = b'text,channels\n"open,facebook\n' + b"x,facebook\n" * 200_000
    assert problems(data) == [(2, "")]


def test_a_problem_says_its_line_and_field() -> None:
    (row,) = read(b'channels,images\na,"[1]"\n', Format.CSV)
    assert row == [Problem(line=2, field="images", sentence='An image is a file name, or {"file", "alt"}.')]
