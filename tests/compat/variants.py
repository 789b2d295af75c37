"""An item as a later release would write it, and as an earlier one wrote it, by what the record says of its kind."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from compat.description import Attributes
from omnipub.ports.table import Item

NEWS: Mapping[str, Any] = {"novelty": {"since": "2027", "of": [1]}}
"""What no field knows."""


def with_news(item: Item, parts: Attributes) -> Item:
    """The item with an unknown attribute, also in every map of it but the free ones, whose names mean something."""
    more: Item = _with_news(item, parts, "")
    return more


def _with_news(value: Any, parts: Attributes, path: str) -> Any:
    match value:
        case dict() if path and parts.get(path, {}).get("is") == "free map":
            return {name: _with_news(part, parts, f"{path}.*") for name, part in value.items()}
        case dict() if path and parts.get(path, {}).get("is") == "anything":
            return value
        case dict():
            there = {name: _with_news(part, parts, f"{path}.{name}" if path else name) for name, part in value.items()}
            return there | NEWS
        case list():
            return [_with_news(part, parts, f"{path}[]") for part in value]
        case _:
            return value


def without_optional(item: Item, parts: Attributes) -> Iterator[tuple[str, Item]]:
    """What is gone, and the item without it: each attribute that may be absent, and at last all of them."""
    optional = [path for path, one in parts.items() if "absent" in one]
    for path in optional:
        less = _without(item, {path}, "")
        if less != item:
            yield path, less
    yield "all", _without(item, set(optional), "")


def _without(value: Any, gone: set[str], path: str) -> Any:
    match value:
        case dict():
            names = {name: f"{path}.{name}" if path else name for name in value}
            names = {name: full for name, full in names.items() if not _among(full, gone)}
            return {name: _without(value[name], gone, full) for name, full in names.items()}
        case list():
            return [_without(part, gone, f"{path}[]") for part in value]
        case _:
            return value


def _among(path: str, patterns: set[str]) -> bool:
    """Whether a path is one of those in which `*` stands for any name."""
    return any(re.fullmatch(re.escape(one).replace(r"\*", r"[^.]+"), path) for one in patterns)
