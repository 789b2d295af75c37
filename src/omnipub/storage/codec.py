"""Domain values to table items and back, by their types.

A moment becomes its text, a date its ISO form, an enum its value. A tuple becomes a list, a nested dataclass a map.
Fields that have their default are left out. Attributes that no field knows are ignored, so that an older release reads
a newer one's items.
"""

import dataclasses
import types
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from omnipub.domain.timestamps import from_text, to_text


def encode(value: Any) -> Any:
    """`value` in the types that an item may hold."""
    kind: Any = type(value)
    fields = _fields(kind)
    if fields is not None:
        parts = ((name, getattr(value, name), default) for name, default in fields)
        return {name: encode(part) for name, part, default in parts if part != default}
    match value:
        case Enum():
            return value.value
        case datetime():
            return to_text(value)
        case date():
            return value.isoformat()
        case Mapping():
            return {str(name): encode(part) for name, part in value.items()}
        case list() | tuple():
            return [encode(part) for part in value]
        case float():
            raise TypeError("an item holds no floats")
        case _:
            return value


def decode(kind: Any, value: Any) -> Any:
    """The value of type `kind` that `encode` wrote."""
    return None if value is None else _decoder(kind)(value)


@cache
def _decoder(kind: Any) -> Callable[[Any], Any]:
    """What decodes values of a type that are not None.

    It is found once, because types are used much more often than made.
    """
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        (inner,) = (part for part in get_args(kind) if part is not type(None))
        return _decoder(inner)
    if origin is tuple:
        each = get_args(kind)[0]
        return lambda value: tuple(decode(each, part) for part in value)
    if origin is not None and issubclass(origin, Mapping):
        held = get_args(kind)[1]
        return lambda value: {name: decode(held, part) for name, part in value.items()}
    if dataclasses.is_dataclass(kind):
        hints, build = get_type_hints(cast("Any", kind)), cast("Callable[..., Any]", kind)
        return lambda value: build(**{name: decode(hints[name], part) for name, part in value.items() if name in hints})
    return _scalar(kind)


def _scalar(kind: Any) -> Callable[[Any], Any]:
    if kind is datetime:
        return from_text
    if kind is date:
        return date.fromisoformat
    # DynamoDB answers with Decimal.
    return kind if kind is int or (isinstance(kind, type) and issubclass(kind, Enum)) else _as_it_is


def _as_it_is(value: Any) -> Any:
    return value


@cache
def _fields(kind: type) -> tuple[tuple[str, Any], ...] | None:
    """The names and defaults of a dataclass's fields, or None for another type."""
    if not dataclasses.is_dataclass(kind):
        return None
    return tuple((field.name, _default(field)) for field in dataclasses.fields(kind))


def _default(field: "dataclasses.Field[Any]") -> Any:
    """What is only compared with, so that one made by a factory serves for all."""
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
