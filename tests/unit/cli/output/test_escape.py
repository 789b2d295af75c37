import json

import pytest

from omnipub_cli.output import escape


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("\x1b[31mred", r"\x1b[31mred"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("\x9b31m", r"\x9b31m"),
        ("\x00\x7f", r"\x00\x7f"),
        ("abc\u202egnp.exe", r"abc\u202egnp.exe"),
        ("one\u2028two", r"one\u2028two"),
        ("half \ud83d", r"half \ud83d"),
        ("Grüße 👩‍🚀 [bold]x[/bold]", "Grüße 👩‍🚀 [bold]x[/bold]"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(given: str, shown: str) -> None:
    assert escape.one_line(given) == shown


def test_lines_keep_their_breaks_and_nothing_else() -> None:
    assert escape.lines("one\r\n\x1btwo\n") == ["one", r"\x1btwo", ""]


def test_json_keeps_its_meaning_and_is_safe_to_look_at() -> None:
    value = {"text": "\x1b[31m \x9b \u202e \x7f \ud83d 👩 \n"}
    document = escape.in_json(json.dumps(value, ensure_ascii=False, indent=2))
    assert json.loads(document) == value
    assert not set(document) & {"\x1b", "\x9b", "\u202e", "\x7f", "\ud83d"}
    assert "👩" in document
