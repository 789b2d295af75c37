"""Reports a storage failure once when it begins, and once when it is over."""

import threading
from collections.abc import Callable

from omnipub.errors import OmnipubError

Say = Callable[[OmnipubError | None], None]
"""Called with the error that began the trouble, and with None when it is over."""


class StorageAlert:
    """Collects what the engines meet; a retry in a loop is no news."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._in_trouble = False

    def met(self, error: OmnipubError) -> None:
        """Storage refused."""
        self._now(error)

    def over(self) -> None:
        """Storage took a write."""
        if self._in_trouble:
            self._now(None)

    def _now(self, error: OmnipubError | None) -> None:
        with self._lock:
            news = self._in_trouble != (error is not None)
            self._in_trouble = error is not None
        if news:
            self._say(error)
