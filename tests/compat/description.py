"""What every kind of item looks like as this code writes it: the record that later code is held against.

What is kept as a domain value is read off its dataclass, so that no example has to show everything; what is written
attribute by attribute is read off the goldens. One line per attribute: its type, whether it may be absent, and what
its absence means.
"""

import dataclasses
import importlib
import inspect
import re
import types
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from typing import Any, Union, get_args, get_origin, get_type_hints

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.names import VERSION
from omnipub.ports.table import Item, Key
from omnipub.services.pauses.scopes import KINDS
from omnipub.storage import items, keys, schema
from omnipub.storage.codec import encode
from omnipub.storage.items import key_of
from omnipub.storage.kinds import ItemKind, kind_of
from omnipub.storage.schema import KEY_ATTRIBUTES

VALUES: Mapping[str, str] = {
    "attempt": "omnipub.domain.delivery.model:Attempt",
    "certification": "omnipub.domain.certification:Certification",
    "connection": "omnipub.storage.items:Connection",
    "delivery": "omnipub.domain.delivery.model:Delivery",
    "message": "omnipub.domain.message:Message",
    "profile": "omnipub.domain.profile:Profile",
    "system breaker": "omnipub.domain.circuit_breaker:CircuitBreaker",
    "system cause": "omnipub.domain.notice:Cause",
    "system notify": "omnipub.domain.notice_target:NoticeTarget",
}
"""Kind of item → the domain value in it, by name: the same page describes code that has fewer of them."""

WORDS: Mapping[tuple[str, str], str] = {
    ("certification", "kind"): "omnipub.domain.ids:ParentKind",
    ("idempotency", "answer.kind"): "omnipub.domain.ids:ParentKind",
    ("message", "kind"): "omnipub.domain.ids:ParentKind",
    ("system release", "late"): "omnipub.services.pauses.release:LatePolicy",
}
"""Texts that are words of a list, where no dataclass says so."""

REPEATED: Mapping[tuple[str, str], str] = {
    ("delivery", "parent"): "the key",
    ("delivery", "first_due"): "due_at, once it was tried",
    ("delivery", "lease.attempt"): "attempts",
    ("delivery", "lease.until"): "next_at",
}
"""What an item leaves out where another attribute says the same, and which one that is."""

PLACES = ("by_owner", "owned", "by_status", "by_refresh", "everybody", "calendar", "published", "moment_sort")
"""Functions that spell keys of indexes; those that spell bounds of queries write nothing."""

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
_NOON = datetime.fromisoformat("2026-11-23T12:00:00+00:00")

Attribute = Mapping[str, Any]
"""`is`: the type; `values`: the words it may be; `null`; `required`, or `absent`: what its absence means.

`told_by`: what says it where it is left out.
"""

Attributes = Mapping[str, Attribute]
"""Path → attribute: `lease.until`, `clean_looks[]` for each of a list, `settings.*` for each of a free map."""


def name_of(item: Item) -> str:
    """The kind of an item, `delivery` or `system cursor`."""
    key = key_of(item)
    kind = kind_of(key)
    if kind is None:
        raise ValueError(f"no key of this code is spelled {keys.name(key)}")
    if kind is ItemKind.SYSTEM:
        return key.pk.replace("#", " ").lower()
    return " ".join(key.pk.split("#")[:2]).lower() if kind is ItemKind.SANDBOX else kind.value


def values() -> dict[str, Attributes]:
    """The items that hold a domain value, by kind."""
    found = {name: _of_value(kind) for name, where in VALUES.items() if (kind := _named(where)) is not None}
    if hasattr(items, "_without_repetition"):  # code of before it writes everything
        for (name, path), other in REPEATED.items():
            found[name][path] = {**found[name][path], "told_by": other}
    return found


def of_this_code() -> dict[str, Any]:
    """What can be told without goldens, as a record: of whatever sources are imported here."""
    meaning = getattr(schema, "MEANING", 1)  # the first number, before there were any
    return {"sources": schema.__file__, "meaning": meaning, "keys": spelled(), "items": values()}


def described(goldens: Iterable[Item]) -> dict[str, Attributes]:
    """All kinds of items, those that hold no domain value as they are in `goldens`."""
    found: dict[str, dict[str, Attribute]] = {name: dict(parts) for name, parts in values().items()}
    shown: dict[str, list[Item]] = {}
    for item in goldens:
        shown.setdefault(name_of(item), []).append(item)
    for name, some in shown.items():
        known = found.setdefault(name, {})
        said = {*KEY_ATTRIBUTES, *known}
        known |= observed([{part: item[part] for part in item if part not in said} for item in some])
    for (name, path), where in WORDS.items():
        if path in found.get(name, {}):
            found[name][path] = {
                **found[name][path],
                "is": "word",
                "values": sorted(part.value for part in _named(where)),
            }
    return {name: dict(sorted(parts.items())) for name, parts in sorted(found.items())}


def observed(shown: Sequence[Mapping[str, Any]]) -> dict[str, Attribute]:
    """The attributes of maps, from examples of them: what all of them have is required."""
    return dict(_observed(shown))


def spelled() -> dict[str, str]:
    """How every key is spelled, by the function that does, with the names of its parts in it.

    The scopes are among them: code that does not know one would not stop for its pause.
    """
    found = {}
    for name, function in inspect.getmembers(keys, inspect.isfunction):
        signature = inspect.signature(function)
        if signature.return_annotation is Key or name in PLACES:
            made = function(*(_sample(part) for part in signature.parameters.values()))
            found[name] = made if isinstance(made, str) else " / ".join(made)
    found["scopes"] = " ".join(sorted(KINDS))
    found["shard of 8"] = " ".join(str(keys.shard_of(str(number), 8)) for number in range(16))
    return dict(sorted(found.items()))


def _sample(part: inspect.Parameter) -> Any:
    samples = {
        "datetime": _NOON,
        "int": 7,
        "Key": Key("<PK>", "<SK>"),
        "ParentKind": ParentKind.CERTIFICATION,
        "Parent": Parent(kind=ParentKind.MESSAGE, id="<id>"),
        "Status": Status.HELD,
    }
    return samples.get(part.annotation.__name__, f"<{part.name}>")


def _named(where: str) -> Any:
    module, _, name = where.partition(":")
    try:
        return getattr(importlib.import_module(module), name, None)
    except ModuleNotFoundError:
        return None  # code of before it


def _of_value(kind: Any) -> dict[str, Attribute]:
    found = dict(_fields(kind, ""))
    if VERSION in found:
        found[VERSION] = {"is": "number", "required": True}  # written even where it is the default
    return found


def _fields(kind: Any, prefix: str) -> Iterator[tuple[str, Attribute]]:
    hints = get_type_hints(kind)
    for field in dataclasses.fields(kind):
        path = f"{prefix}{field.name}"
        if field.default_factory is not dataclasses.MISSING:
            presence: dict[str, Any] = {"absent": encode(field.default_factory())}
        elif field.default is not dataclasses.MISSING:
            presence = {"absent": encode(field.default)}
        else:
            presence = {"required": True}
        yield from _typed(hints[field.name], path, presence)


def _typed(kind: Any, path: str, presence: Mapping[str, Any]) -> Iterator[tuple[str, Attribute]]:
    origin, parts = get_origin(kind), get_args(kind)
    if origin in {Union, types.UnionType}:
        (inner,) = (part for part in parts if part is not type(None))
        yield from _typed(inner, path, {"null": True, **presence})
    elif origin is tuple:
        yield path, {"is": "list", **presence}
        yield from _typed(parts[0], f"{path}[]", {})
    elif origin is not None and issubclass(origin, Mapping):
        yield path, {"is": "free map", **presence}
        yield from _typed(parts[1], f"{path}.*", {})
    elif dataclasses.is_dataclass(kind):
        yield path, {"is": "map", **presence}
        yield from _fields(kind, f"{path}.")
    elif isinstance(kind, type) and issubclass(kind, Enum):
        yield path, {"is": "word", "values": sorted(part.value for part in kind), **presence}
    else:
        names = {str: "text", bool: "yes or no", int: "number", datetime: "moment", date: "day", Any: "anything"}
        yield path, {"is": names[kind], **presence}


def _observed(shown: Sequence[Any], prefix: str = "") -> Iterator[tuple[str, Attribute]]:
    for name in dict.fromkeys(name for one in shown for name in one):
        there = [one[name] for one in shown if name in one]
        presence = {"required": True} if len(there) == len(shown) else {"absent": None}
        yield from _seen(there, f"{prefix}{name}", presence)


def _seen(there: Sequence[Any], path: str, presence: Mapping[str, Any]) -> Iterator[tuple[str, Attribute]]:
    (kind,) = {_type_of(one) for one in there}
    yield path, {"is": kind, **presence}
    if kind == "map":
        yield from _observed(there, f"{path}.")
    if kind == "list" and (each := [part for one in there for part in one]):
        yield from _seen(each, f"{path}[]", {})


def _type_of(value: Any) -> str:
    match value:
        case bool():
            return "yes or no"
        case int():
            return "number"
        case str():
            return "moment" if _MOMENT.fullmatch(value) else "text"
        case list():
            return "list"
        case dict():
            return "map"
        case _:
            raise TypeError(f"no golden of a plain item holds {value!r}")
