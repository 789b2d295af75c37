"""Options that several commands take together: a record of them, spread into each command's parameters.

    @app.command()
    @spread
    def cancel(context: typer.Context, wanted: DeliverySelection, *, reason: Reason = "") -> None:

gives the function each field of `DeliverySelection` as an option or argument in its place. The function is called with
one value.
"""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass
from functools import wraps
from typing import Any, TypeVar, get_type_hints

Result = TypeVar("Result")


def spread(function: Callable[..., Result]) -> Callable[..., Result]:
    """The function as typer sees it: each dataclass parameter is replaced by its fields."""
    hints = get_type_hints(function, include_extras=True)
    own = inspect.signature(function).parameters
    records = {name: hints[name] for name in own if is_dataclass(hints[name])}

    @wraps(function)
    def gathered(**given: Any) -> Result:
        for name, record in records.items():
            given[name] = record(**{one.name: given.pop(one.name) for one in fields(record)})
        return function(**given)

    def spread_out() -> Iterator[inspect.Parameter]:
        for name, parameter in own.items():
            if name in records:
                yield from _parameters(records[name])
            else:
                yield parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hints[name])

    parameters = list(spread_out())
    vars(gathered)["__signature__"] = inspect.Signature(parameters)
    gathered.__annotations__ = {one.name: one.annotation for one in parameters}
    return gathered


def _parameters(record: Any) -> Iterator[inspect.Parameter]:
    hints = get_type_hints(record, include_extras=True)
    for one in fields(record):
        yield inspect.Parameter(
            one.name, inspect.Parameter.KEYWORD_ONLY, default=one.default, annotation=hints[one.name]
        )
