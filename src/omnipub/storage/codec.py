"""Domain values to table items and back, by their types.

A moment becomes its text, a date its ISO form, an enum its value, a tuple a list, a nested dataclass a
map. Fields that have their default are left out; attributes that no field knows are ignored, so that an
older release reads a newer one's items.
"""

import dataclasses
import types
from collections.abc import Mapping
from datetime import date, datetime
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

from omnipub.domain.moments import from_text, to_text


def encode(value: Any) -> Any:
    """`value` in the types that an item may hold."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: encode(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if getattr(value, field.name) != _default(field)
        }
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
    if value is None or kind is Any:
        return value
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        (inner,) = (part for part in get_args(kind) if part is not type(None))
        return decode(inner, value)
    if origin is tuple:
        return tuple(decode(get_args(kind)[0], part) for part in value)
    if origin is not None and issubclass(origin, Mapping):
        return {name: decode(get_args(kind)[1], part) for name, part in value.items()}
    if dataclasses.is_dataclass(kind):
        hints: dict[str, Any] = _hints(cast("Any", kind))
        return kind(**{name: decode(hints[name], part) for name, part in value.items() if name in hints})  # type: ignore[operator]
    return _scalar(kind, value)


def _scalar(kind: Any, value: Any) -> Any:
    if kind is datetime:
        return from_text(value)
    if kind is date:
        return date.fromisoformat(value)
    if kind is int:
        return int(value)  # DynamoDB answers with Decimal
    return kind(value) if isinstance(kind, type) and issubclass(kind, Enum) else value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _default(field: "dataclasses.Field[Any]") -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
