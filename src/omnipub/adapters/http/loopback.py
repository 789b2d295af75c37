"""HTTP of a sandbox: to itself and to other servers of this machine, nowhere else.

An account may be connected to such a server.
"""

import ipaddress
from collections.abc import Callable, Iterable

from omnipub.adapters.http.client import HttpClient
from omnipub.adapters.http.ssrf_guard import target_of
from omnipub.domain.conversation import Request, Response


class LoopbackHttpClient:
    """Fills the port `Send`; what leads to a loopback address may go there, whatever its port.

    Args:
        origins: `scheme://host:port` of the sandbox.
        elsewhere: Whether public addresses may be reached as well, as notices of a sandbox do.
    """

    def __init__(self, origins: Iterable[str], *, elsewhere: bool = False) -> None:
        self._elsewhere = elsewhere
        self._origins = frozenset(origins)
        self._sends: dict[str, HttpClient] = {}

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        """Send once, as `HttpClient` does.

        Raises:
            NotSentError: As there; or it leads away from this machine.
            NoAnswerError: As there.
        """
        origin = loopback_origin(request.url)
        if origin not in self._sends:
            allowed = self._origins | ({origin} if origin else set())
            self._sends.setdefault(origin, HttpClient(allowed_origins=allowed, only_allowed=not self._elsewhere))
        return self._sends[origin].send(request, media)

    def close(self) -> None:
        """Close the connections that wait for another request."""
        for one in list(self._sends.values()):
            one.close()


def loopback_origin(url: str) -> str:
    """The origin of a URL that leads to a loopback address, else nothing.

    A host name is none, whatever it resolves to now.

    Raises:
        NotSentError: It is no web address.
    """
    target = target_of(url)
    try:
        return target.origin if ipaddress.ip_address(target.host).is_loopback else ""
    except ValueError:
        return ""
