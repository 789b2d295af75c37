"""What stands before the first write of a command: it says where it goes and for whom, or refuses it.

It hangs in botocore's own events, so no write of any service gets past it.
"""

import threading
from collections.abc import Callable
from typing import Any

from omnipub.errors import ConflictError

READING = ("BatchGet", "Describe", "Get", "Head", "List", "Query", "Scan", "TransactGet")
"""What the names of operations that change nothing begin with."""

SEALING = {"Decrypt", "Encrypt", "GenerateDataKey"}
"""KMS answers these and keeps nothing."""


def writes(operation: str) -> bool:
    """Whether an operation of AWS, `PutItem` or `Invoke`, may change something."""
    return not operation.startswith(READING) and operation not in SEALING


class WriteGuard:
    """Called before each call of AWS; acts before the first that writes."""

    def __init__(self, first: Callable[[], None]) -> None:
        """`first` says what is to be said, or raises."""
        self._first = first
        self._passed = False
        self._lock = threading.Lock()

    def __call__(self, *, model: Any, **_: Any) -> None:
        """A handler of botocore's event `before-call`."""
        if writes(model.name):
            self.act()

    def act(self) -> None:
        """Act, unless it has: a question is asked after it is said where its answer has its effect."""
        with self._lock:
            if not self._passed:
                self._first()
                self._passed = True


def check_schema(stage: str, *, here: str, there: str, version: str, deployed: str) -> None:
    """Go on only if this omnipub and the deployed one mean the same by the table.

    That is its shape and its items.

    Raises:
        ConflictError: They do not.
    """
    if here == there:
        return
    remedy = "Bring" if deployed == version else f"Use omnipub {deployed}, or bring"
    raise ConflictError(
        f"Stage {stage} has a table of another shape or meaning than this omnipub writes. "
        f"{deployed} is deployed, this is {version}; nothing was written.",
        hint=f"{remedy} the stage up to date: omnipub deploy --infra serverless --stage {stage}",
    )
