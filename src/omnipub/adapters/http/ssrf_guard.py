"""The guard against SSRF: which address a URL leads to, and whether a request may go there.

Rules of this module:
1. Every place needs https; one that a user gave also needs a port of `USER_PORTS` and a public address.
   Only an allowed origin needs none of that.
2. Addresses are judged, never names. Whoever connects takes an address that was handed out here, since the
   name could mean another one a moment later.
3. Errors name a host at most: never a user, a password, a path or a query.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from omnipub.ports.http import NotSentError, UnreachableError

USER_PORTS = frozenset({443, 8443})
"""Where a user-given address may lead. Elsewhere other protocols listen. And the difference between "refused" and
"timed out" would let a user scan a stranger's ports from our address."""

Resolve = Callable[[str, int], Sequence[str]]
"""Host and port → addresses as text, best first; raises OSError or ValueError."""

_DEFAULT_PORTS: Mapping[str, int] = {"http": 80, "https": 443}

_NOT_FOR_US = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's machine agent: metadata under a public address
        "192.0.0.0/24",  # protocol assignments, Oracle's metadata among them; Python 3.11 knows only a part
        "192.88.99.0/24",  # relays of 6to4
        "2002::/16",  # 6to4: an IPv4 address of any kind inside
        "3fff::/20",  # documentation, newer than Python 3.11
    )
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")


@dataclass(frozen=True, kw_only=True)
class Destination:
    """Where a URL leads; `path` includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def origin(self) -> str:
        """`scheme://host:port`, the port always written."""
        return f"{self.scheme}://{self._authority}"

    @property
    def _authority(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def host_header(self) -> str:
        """The authority as the header `Host` spells it: without the scheme's usual port."""
        return self._authority.removesuffix(f":{_DEFAULT_PORTS[self.scheme]}")


def target_of(url: str) -> Destination:
    """Where an absolute URL leads.

    Raises:
        NotSentError: It is no web address, or it has a user name or password in it.
    """
    # urllib3 translates other scripts only where `idna` happens to be installed; here they lead nowhere anywhere.
    authority = re.split(r"[/?#]", url.partition("://")[2], maxsplit=1)[0]
    parsed = None
    if authority.isascii():
        with suppress(LocationParseError):
            parsed = parse_url(url)
    if parsed is None:
        raise NotSentError("This is not a web address; names in other scripts are written as xn--….")
    if parsed.scheme is None or parsed.scheme not in _DEFAULT_PORTS or not parsed.host:
        raise NotSentError("This is not a web address: it must begin with https:// and a host.")
    if parsed.auth is not None:
        raise NotSentError(f"The address of {parsed.host} has a user name or password in it, which is not allowed.")
    return Destination(
        scheme=parsed.scheme,
        host=parsed.host.strip("[]"),
        port=_DEFAULT_PORTS[parsed.scheme] if parsed.port is None else parsed.port,
        path=parsed.request_uri,
    )


class SsrfGuard:
    """Decides where requests may lead.

    Args:
        allowed_origins: `scheme://host:port` of places that need neither https nor a public address,
            that is, the sandbox's.
        only_allowed: Refuse every other place. So a sandbox stage can never reach a live network.
        resolve: How names become addresses.
    """

    def __init__(self, *, allowed_origins: Iterable[str], only_allowed: bool, resolve: Resolve) -> None:
        self._allowed = frozenset(target_of(url).origin for url in allowed_origins)
        self._only_allowed = only_allowed
        self._resolve = resolve

    def check(self, target: Destination, *, user_given: bool) -> None:
        """Judge what can be judged before the name is looked up.

        Raises:
            NotSentError: A request may not lead there.
        """
        if target.origin in self._allowed:
            return
        if self._only_allowed:
            raise NotSentError(f"This is a sandbox: it sends nothing to {target.host}.")
        if target.scheme != "https":
            raise NotSentError(f"{target.host} is addressed without encryption; only https is allowed.")
        if user_given and target.port not in USER_PORTS:
            ports = " and ".join(str(port) for port in sorted(USER_PORTS))
            raise NotSentError(f"{target.host} is addressed on port {target.port}; only {ports} are allowed.")

    def addresses(self, target: Destination, *, user_given: bool) -> Sequence[str]:
        """Where the host is; of a user-given one, only what is public.

        Raises:
            NotSentError: The name leads nowhere, or nowhere public.
        """
        try:
            found = self._resolve(target.host, target.port)
        except (OSError, ValueError) as error:
            raise UnreachableError(f"The name {target.host} leads to no address.") from error
        if not user_given or target.origin in self._allowed:
            return found
        public = [address for address in found if is_public(address)]
        if not public:
            raise NotSentError(f"{target.host} is not an address on the public internet.")
        return public


def resolved(host: str, port: int) -> Sequence[str]:
    """The host's addresses as the system knows them, in its order of preference."""
    return list(dict.fromkeys(str(row[4][0]) for row in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))


def is_public(text: str) -> bool:
    """Whether an address, and the IPv4 address inside it if there is one, belongs to the public internet."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped
        if address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
        if inner is not None:
            return is_public(str(inner))
        if address.is_site_local or address.scope_id is not None:
            return False
    return (
        address.is_global
        and not (address.is_multicast or address.is_reserved or address.is_unspecified)
        and not any(address in network for network in _NOT_FOR_US if network.version == address.version)
    )
