"""The one reader of JSON: bounded, and no looser than the standard, whoever wrote the text."""

import json
from collections.abc import Iterator
from typing import Any

DEPTH = 100
"""Levels of lists and objects; Python's own reader gives up somewhere near 1,000, or dies."""

DIGITS = 38
"""The most digits of a whole number. No table of ours keeps more, and Python reads long ones in the square of their
length."""

_MORE_THAN_HUGE = float("inf")


class JsonError(ValueError):
    """The text cannot be read; its words are a clause without a capital and a full stop.

    Attributes:
        where: The names and places on the way to what is wrong, as `variants.facebook`; empty if unknown.
    """

    def __init__(self, clause: str, *, where: str = "") -> None:
        super().__init__(clause)
        self.where = where


def loads(text: str | bytes, *, lenient: bool = False) -> Any:
    """What a JSON text says.

    Args:
        text: In UTF-8, if it is bytes.
        lenient: For what other programs or earlier releases wrote, where refusing would lose what they meant. Of a
            name that stands twice the last value counts, and half a character becomes U+FFFD.

    Raises:
        JsonError: It is not JSON, or it is nested deeper than DEPTH. Or a whole number has more than DIGITS digits, or
            a number is beyond all floats. Unless lenient, a name must not stand twice, and half a character is
            refused.
    """
    whole = _decoded(text).removeprefix("\ufeff")
    try:
        value = json.loads(
            whole,
            parse_int=_whole_number,
            parse_float=_finite,
            parse_constant=_no_value,
            object_pairs_hook=None if lenient else _once,
        )
    except json.JSONDecodeError as error:
        raise JsonError(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise _too_deep() from None
    if whole.count("[") + whole.count("{") > DEPTH:
        _check_depth(value)
    if "\\ud" in whole or "\\uD" in whole or not _is_text(whole):
        return _mended(value) if lenient else _without_halves(value)
    return value


def _decoded(text: str | bytes) -> str:
    if isinstance(text, str):
        return text
    try:
        return text.decode()
    except UnicodeDecodeError as error:
        raise JsonError(f"it is not UTF-8 (byte {error.start + 1})") from None


def _whole_number(digits: str) -> int:
    if len(digits) > DIGITS + digits.startswith("-"):
        raise JsonError(f"a number in it has more than {DIGITS} digits")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if abs(number) == _MORE_THAN_HUGE:
        raise JsonError("a number in it is larger than any that is kept")
    return number


def _no_value(name: str) -> float:
    raise JsonError(f"{name} is no JSON value")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) < len(pairs):
        raise JsonError("a name stands in it twice")
    return document


def _too_deep() -> JsonError:
    return JsonError(f"it is nested too deeply: more than {DEPTH} levels")


def _check_depth(value: Any) -> None:
    """Level by level, since a value of any depth must not exhaust the stack."""
    level = [value]
    for _ in range(DEPTH):
        level = [part for one in level for part in _nested(one)]
        if not level:
            return
    raise _too_deep()


def _nested(value: Any) -> Iterator[Any]:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return (part for part in parts if isinstance(part, dict | list))


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _without_halves(value: Any, way: tuple[str, ...] = ()) -> Any:
    """The value, if every text in it is whole; at most DEPTH levels."""
    if isinstance(value, dict):
        for name, part in value.items():
            if not _is_text(name):
                raise _half((*way, "a name in it"))
            _without_halves(part, (*way, name))
    elif isinstance(value, list):
        for number, part in enumerate(value):
            _without_halves(part, (*way, str(number)))
    elif isinstance(value, str) and not _is_text(value):
        raise _half(way)
    return value


def _half(way: tuple[str, ...]) -> JsonError:
    where = ".".join(way)
    return JsonError("it has half a character (a lone surrogate), which is no unicode text", where=where)


def _mended(value: Any) -> Any:
    """The value with U+FFFD for every half of a character."""
    if isinstance(value, dict):
        return {_mended(name): _mended(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_mended(part) for part in value]
    if isinstance(value, str) and not _is_text(value):
        return "".join("\ufffd" if "\ud800" <= mark <= "\udfff" else mark for mark in value)
    return value
