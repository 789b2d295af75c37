"""The reader of JSON: what it refuses, what it lets pass, and that nobody reads past it."""

import ast
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import omnipub
from omnipub.services.stream.wire_format import pointer_from_text
from omnipub.strict_json import DEPTH, DIGITS, JsonError, loads

ROOT = Path(omnipub.__file__).parent.parent.parent

REFUSED = [
    ("[" * 100_000, "nested too deeply: more than 100 levels"),
    ("[" * 100_000 + "]" * 100_000, "nested too deeply"),
    ('{"a":' * 500 + "1" + "}" * 500, "nested too deeply"),
    ("[" * (DEPTH + 1) + "]" * (DEPTH + 1), "nested too deeply"),
    ("9" * (DIGITS + 1), "more than 38 digits"),
    ("-" + "9" * (DIGITS + 1), "more than 38 digits"),
    ("9" * 5_000, "more than 38 digits"),
    ("1e999", "larger than any"),
    ("-1e999", "larger than any"),
    ("NaN", "NaN is no JSON value"),
    ("[-Infinity]", "-Infinity is no JSON value"),
    (b'"Gr\xfc\xdfe"', "not UTF-8 (byte 4)"),
    ('"a"'.encode("utf-16"), "not UTF-8"),
    ("", "line 1, column 1"),
    ("{'a': 1}", "line 1, column 2"),
    ('"a\x00b"', "control character"),
]
STRICTLY_REFUSED = [
    ('{"a": 1, "a": 1}', "twice", ""),
    ('{"text": "\\ud800"}', "half a character", "text"),
    ('{"media": [{"alt": "\\uDFFF!"}]}', "half a character", "media.0.alt"),
    ('{"variants": {"\\ud800": {}}}', "half a character", "variants.a name in it"),
    ('{"text": "\udcfc"}', "half a character", "text"),
]


@pytest.mark.parametrize("lenient", [False, True])
@pytest.mark.parametrize(("text", "why"), REFUSED)
def test_what_nobody_may_write_is_refused_in_words(text: str | bytes, why: str, lenient: bool) -> None:  # noqa: FBT001
    with pytest.raises(JsonError) as refused:
        loads(text, lenient=lenient)
    assert why.lower() in str(refused.value).lower()
    assert len(str(refused.value)) < 120


@pytest.mark.parametrize(("text", "why", "where"), STRICTLY_REFUSED)
def test_what_only_people_are_asked_to_mend_is_named_by_its_place(text: str, why: str, where: str) -> None:
    with pytest.raises(JsonError, match=why) as refused:
        loads(text)
    assert refused.value.where == where
    mended = loads(text, lenient=True)
    json.dumps(mended, ensure_ascii=False).encode()


def test_what_is_within_the_bounds_is_read_as_python_reads_it() -> None:
    deepest = "[" * DEPTH + "]" * DEPTH
    assert json.dumps(loads(deepest)) == deepest
    assert loads("-" + "9" * DIGITS) == -int("9" * DIGITS)
    assert loads('"\\ud83d\\ude00 [[[["') == "😀 [[[["
    assert loads(b'\xef\xbb\xbf{"a": 1.5}') == {"a": 1.5}
    assert loads('{"a": 1, "a": 2}', lenient=True) == {"a": 2}
    assert loads('"a\\ud800b"', lenient=True) == "a\ufffdb"


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers(-(10**30), 10**30)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=30,
    )
)
def test_whatever_is_written_comes_back_the_same_in_both_manners(value: object) -> None:
    for text in (json.dumps(value), json.dumps(value, ensure_ascii=False).encode()):
        assert loads(text) == loads(text, lenient=True) == value


@given(st.binary(max_size=200) | st.text(alphabet='[]{}":,\\ud800 0123456789.eE-NaIfinty', max_size=200))
def test_anything_else_is_refused_with_its_own_error_and_no_other(text: bytes | str) -> None:
    for lenient in (False, True):
        try:
            json.dumps(loads(text, lenient=lenient), allow_nan=False, ensure_ascii=False).encode()
        except JsonError as error:
            assert str(error)  # noqa: PT017  what is not refused must be writable


@pytest.mark.parametrize("text", [text for text, _ in REFUSED] + [text for text, _, _ in STRICTLY_REFUSED])
def test_a_record_that_cannot_be_read_is_foreign_and_not_a_failure(text: str | bytes) -> None:
    assert pointer_from_text(text) is None


@pytest.mark.parametrize("name", ["pk", "sk", "group"])
@pytest.mark.parametrize("value", ["", "x" * 2_000])
def test_a_record_whose_key_no_table_takes_is_foreign(name: str, value: str) -> None:
    right = {"pk": "MSG#01ARZ3NDEKTSV4RRFFQ69G5FAV", "sk": "CHANNEL#facebook", "group": "facebook/1"}
    assert pointer_from_text(json.dumps(right)) is not None
    assert pointer_from_text(json.dumps(right | {name: value})) is None


def test_nothing_that_is_shipped_reads_json_past_it() -> None:
    files = sorted((ROOT / "src").rglob("*.py"))
    assert len(files) > 300
    past = [
        f"{file}:{node.lineno}"
        for file in files
        if file.name != "strict_json.py"
        for node in ast.walk(ast.parse(file.read_text()))
        if (isinstance(node, ast.Attribute) and node.attr in {"loads", "load"} and ast.unparse(node.value) == "json")
        or (isinstance(node, ast.ImportFrom) and node.module == "json" and "dumps" not in {a.name for a in node.names})
        or (isinstance(node, ast.Attribute) and node.attr in {"JSONDecoder", "model_validate_json"})
    ]
    assert past == []
