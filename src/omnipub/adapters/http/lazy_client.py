"""An HTTP client that is made with the first request.

Its library takes a fifth of a command's start, and most commands send nothing.
"""

from collections.abc import Callable
from threading import Lock

from omnipub.domain.conversation import Request, Response
from omnipub.ports.http import HttpSender


class LazyHttpClient:
    """Fills the port `Send` with what another one makes.

    Args:
        make: Called once, before the first request.
    """

    def __init__(self, make: Callable[[], HttpSender]) -> None:
        self._make = make
        self._made: HttpSender | None = None
        self._making = Lock()

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Send once, as what was made does."""
        return self._ready().send(request, media)

    def close(self) -> None:
        """Let go of what was made, if anything was."""
        close = getattr(self._made, "close", None)
        if close is not None:
            close()

    def _ready(self) -> HttpSender:
        if self._made is None:
            with self._making:
                if self._made is None:
                    self._made = self._make()
        return self._made
