"""Rows in files: what is written is read again, and what cannot be read says where and why."""

import csv
import io
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from omnipub.domain.message import Variant
from omnipub.errors import InvalidInputError
from omnipub.services.bulk import formats
from omnipub.services.bulk.formats import BYTE_ORDER_MARK, Format, heading, line_of, read
from omnipub.services.bulk.row import FIELDS, Picture, Row, RowProblem, cells_of

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
    assume(form is Format.JSONL or any(cell.strip() for cell in cells_of(row)))  # an empty row of CSV is none
    found = only(read(written(form, row), form))
    assert replace(found, line=0) == row


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@given(row=rows)
def test_what_is_written_for_excel_is_read_again(separator: str, row: Row) -> None:
    assume(any(cell.strip() for cell in cells_of(row)))
    data = BYTE_ORDER_MARK + heading(Format.CSV, separator) + line_of(row, Format.CSV, separator)
    assert replace(only(read(data.encode(), Format.CSV)), line=0) == row


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


@pytest.mark.parametrize(
    "data",
    [
        b"text;channels;key\r\nHi, all;facebook,linkedin;k\r\n",
        b"sep=;\r\ntext;channels;key\r\nHi, all;facebook,linkedin;k\r\n",
        b"\xef\xbb\xbfsep=;\r\nTEXT;Channels;KEY\r\nHi, all;facebook,linkedin;k\r\n",
        b'"sep=;"\r\ntext;channels;key\r\nHi, all;facebook,linkedin;k\r\n',
        b'SEP=,\ntext,channels,key\n"Hi, all","facebook,linkedin",k\n',
        b"sep=\t\ntext\tchannels\tkey\nHi, all\tfacebook,linkedin\tk\n",
        b"Key;Link Title;TEXT;channels;;\r\nk;;Hi, all;facebook,linkedin;;\r\n;;;;;\r\n  ;;;;;\r\n",
        b"text\tchannels\tkey\nHi, all\tfacebook,linkedin\tk\n",
        b'"text";"channels";"key"\r\n"Hi, all";"facebook,linkedin";"k"\r\n',
    ],
)
def test_excels_separators_headings_and_empty_cells_are_read(data: bytes) -> None:
    row = only(read(data, Format.CSV))
    assert (row.text, row.channels, row.key) == ("Hi, all", ("facebook", "linkedin"), "k")


def test_a_line_is_counted_as_an_editor_counts_it_also_below_a_separator_line() -> None:
    data = b"sep=;\r\ntext;channels\r\n;\r\nHi;facebook\r\nHo;facebook;surplus\r\n"
    row, bad = read(data, Format.CSV)
    assert isinstance(row, Row)
    assert row.line == 4
    assert problems(data) == [(5, "")]
    assert bad


def test_a_cell_below_no_heading_is_a_problem() -> None:
    assert problems(b"text;channels;\nHi;facebook;here\n") == [(2, "")]


def test_a_text_that_begins_like_a_separator_line_is_only_one_above_the_heading() -> None:
    (row,) = read(b"text,channels\nsep=;,facebook\n", Format.CSV)
    assert isinstance(row, Row)
    assert row.text == "sep=;"


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
        (b"text|channels\nHi|facebook\n", "There is no column 'text|channels'"),
        (b"sep=|\ntext|channels\nHi|facebook\n", "separated by '|'"),
        (b"Text;TEXT;channels\nHi;Hi;facebook\n", "twice"),
        (b"text;;channels\nHi;;facebook\n", "There is no column ''"),
        (b"text;channels\n;\n;\n", "no rows"),
        (b"text,text,channels\nHi,Hi,facebook\n", "twice"),
        (b"text\nHi\n", "no column 'channels'"),
        (b'"text,channels\n', "heading is not CSV"),
        ("text,channels\n".encode("utf-16"), "UTF-16"),
    ],
)
def test_a_file_that_cannot_be_read_as_a_whole_says_why(data: bytes, said: str) -> None:
    with pytest.raises(InvalidInputError, match=re.escape(said)) as error:
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
    assert row == [RowProblem(line=2, field="images", sentence='An image is a file name, or {"file", "alt"}.')]
