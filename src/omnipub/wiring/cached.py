"""A cached property that many threads may use: its value is made once, at its first use."""

import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

Value = TypeVar("Value")

_MAKING = threading.RLock()
"""One for all: making one value makes those that it is made of."""


class locked_cached_property(Generic[Value]):  # noqa: N801  used as `functools.cached_property` is
    """`functools.cached_property` with a lock: two threads get the same value, not one each."""

    def __init__(self, make: Callable[[Any], Value]) -> None:
        self._make = make
        self._name = ""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, instance: Any, owner: type | None = None) -> Value:
        """Return the value; once it is made, the instance's own attribute of that name answers without this call."""
        with _MAKING:
            if self._name not in instance.__dict__:
                instance.__dict__[self._name] = self._make(instance)
            value: Value = instance.__dict__[self._name]
            return value
