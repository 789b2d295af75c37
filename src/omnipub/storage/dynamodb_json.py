"""Items in DynamoDB's own JSON, as its API and console show them: every value with its type."""

from typing import Any

from omnipub.ports.table import Item

Typed = dict[str, Any]


def typed(item: Item) -> dict[str, Typed]:
    """Every attribute with its type."""
    return {name: _typed(value) for name, value in item.items()}


def _typed(value: Any) -> Typed:
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int():
            return {"N": str(value)}
        case list():
            return {"L": [_typed(part) for part in value]}
        case dict():
            return {"M": typed(value)}
        case _:
            raise TypeError(f"an item holds no {type(value).__name__}")
