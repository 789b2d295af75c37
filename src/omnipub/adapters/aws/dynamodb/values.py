"""Items as DynamoDB writes them: every value under the letter of its type, whole numbers as digits."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from omnipub.ports.table import Item

Attributes = dict[str, dict[str, Any]]


def to_attributes(item: Mapping[str, Any]) -> Attributes:
    """An item in DynamoDB's form.

    Raises:
        TypeError: A value is none that an item may hold.
    """
    return {name: _written(value) for name, value in item.items()}


def from_attributes(attributes: Mapping[str, Mapping[str, Any]]) -> Item:
    """The item in DynamoDB's form.

    Raises:
        ValueError: A value is none that an item may hold: somebody else wrote it.
    """
    return {name: _read(value) for name, value in attributes.items()}


def _written(value: Any) -> dict[str, Any]:
    match value:
        case str():
            return {"S": value}
        case bool():  # before int, which it is as well
            return {"BOOL": value}
        case int():
            return {"N": str(value)}
        case None:
            return {"NULL": True}
        case Mapping():
            return {"M": to_attributes(value)}
        case list() | tuple():
            return {"L": [_written(part) for part in value]}
        case _:
            raise TypeError(f"an item holds no {type(value).__name__}")


def _read(typed: Mapping[str, Any]) -> Any:
    ((letter, value),) = typed.items()
    match letter:
        case "S" | "BOOL":
            return value
        case "N":
            return _whole(value)
        case "NULL":
            return None
        case "M":
            return from_attributes(value)
        case "L":
            return [_read(part) for part in value]
        case _:
            raise ValueError(f"an item of omnipub holds nothing of DynamoDB's type {letter}")


def _whole(text: str) -> int:
    number = Decimal(text)  # DynamoDB may answer 1E+20
    if number != number.to_integral_value():
        raise ValueError(f"an item of omnipub holds whole numbers, not {text}")
    return int(number)
