"""Strict shapes for JSON: what is required, what is allowed, and nothing else.

A shape is a function from a value and its path to the problems found there; shapes nest.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

_HALF = re.compile("[\ud800-\udfff]")
_NO_FIELDS: Mapping[str, "Shape"] = {}


@dataclass(frozen=True)
class Problem:
    """Something that does not fit: where, what kind of misfit, and a sentence for people."""

    path: str
    kind: str
    sentence: str


Shape = Callable[[object, str], list[Problem]]


def text(*choices: str, pattern: str = "") -> Shape:
    """A string; if given, one of `choices`, or matching `pattern` as a whole."""

    def check(value: object, path: str) -> list[Problem]:
        if not isinstance(value, str):
            return [Problem(path, "type", "must be a string")]
        if _HALF.search(value):
            return [Problem(path, "value", "contains half a character")]
        if choices and value not in choices:
            return [Problem(path, "value", f"must be one of {', '.join(choices)}")]
        if pattern and not re.fullmatch(pattern, value):
            return [Problem(path, "value", f"must look like {pattern}")]
        return []

    return check


def flag(value: object, path: str) -> list[Problem]:
    """True or false."""
    return [] if isinstance(value, bool) else [Problem(path, "type", "must be true or false")]


def number(least: float, most: float, *, whole: bool = False) -> Shape:
    """A number between two bounds, both included."""

    def check(value: object, path: str) -> list[Problem]:
        fits = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
        if not fits:
            return [Problem(path, "type", f"must be a {'whole ' if whole else ''}number")]
        inside = isinstance(value, int | float) and least <= value <= most
        return [] if inside else [Problem(path, "value", f"must be between {least} and {most}")]

    return check


def rows(item: Shape, *, least: int = 0, most: int) -> Shape:
    """A list of `least` to `most` items."""

    def check(value: object, path: str) -> list[Problem]:
        if not isinstance(value, list):
            return [Problem(path, "type", "must be a list")]
        if not least <= len(value) <= most:
            return [Problem(path, "value", f"must have {least} to {most} items, not {len(value)}")]
        return [problem for at, each in enumerate(value) for problem in item(each, f"{path}/{at}")]

    return check


def fields(required: Mapping[str, Shape], optional: Mapping[str, Shape] = _NO_FIELDS) -> Shape:
    """An object with all of `required`, perhaps some of `optional`, and no other field."""
    known = {**required, **optional}

    def check(value: object, path: str) -> list[Problem]:
        if not isinstance(value, dict):
            return [Problem(path or "/", "type", "must be an object")]
        names = ", ".join(sorted(known))
        missing = [Problem(f"{path}/{name}", "missing", "is required") for name in required if name not in value]
        unknown = [
            Problem(f"{path}/{name}", "unknown", f"is not known here; known are {names}")
            for name in value
            if name not in known
        ]
        inside = [
            problem
            for name, shape in known.items()
            if name in value
            for problem in shape(value[name], f"{path}/{name}")
        ]
        return unknown + missing + inside

    return check


def one_of(options: Mapping[str, Shape]) -> Shape:
    """An object with exactly one of the fields."""
    every = fields({}, options)

    def check(value: object, path: str) -> list[Problem]:
        if isinstance(value, dict) and len(value) != 1:
            return [Problem(path, "value", f"must have exactly one of {', '.join(options)}")]
        return every(value, path)

    return check


def anything(_value: object, _path: str) -> list[Problem]:
    """Whatever JSON can say."""
    return []


def mapping(value: object, path: str) -> list[Problem]:
    """An object with whatever fields."""
    return [] if isinstance(value, dict) else [Problem(path, "type", "must be an object")]


def sentence(problems: list[Problem]) -> str:
    """All problems in one line."""
    return "; ".join(f"{problem.path} {problem.sentence}" for problem in problems)


WEB_ADDRESS = text(pattern=r"https?://[^\s/]+\S*")
