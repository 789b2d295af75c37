"""Check the address that an owner gives for an account, where the network lets accounts have their own."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from omnipub.domain.ids import network_of
from omnipub.errors import InvalidInputError

if TYPE_CHECKING:
    from omnipub.wiring.assemble import System


def place_of(system: System, channel: str, url: str) -> str:
    """Where a channel's requests go, if not to its network's own address; empty if they do.

    Live, that is a public address with https; in a sandbox a server on this machine's loopback.

    Raises:
        InvalidInputError: The address is missing, not wanted, or not allowed.
    """
    from omnipub.config import Mode

    network = system.channels[network_of(channel)]
    needed = not network.base_url
    live = system.settings.mode is Mode.LIVE
    if not url:
        if needed:
            raise InvalidInputError(
                f"{channel} needs the address its deliveries go to.", hint="Add --url https://…; it must be https."
            )
        return ""
    if network.own_address is None:
        others = sorted(one.own_address.whose for one in system.channels.values() if one.own_address)
        raise InvalidInputError(
            f"{channel} has an address of its own; --url is for {' and '.join(others)}.",
            hint="Leave --url out.",
        )
    if live and not url.startswith("https://"):
        raise InvalidInputError(f"{channel} cannot be reached there.", hint="Use --url https://…; it must be https.")
    (_public if live else _on_loopback)(url)
    if not network.own_address.server:
        return url
    return _origin(url, network.own_address.server) if live else url.rstrip("/")


def _public(url: str) -> None:
    """Refuse what could never be sent to; what the name leads to is judged again with each request."""
    from omnipub.adapters.http.ssrf_guard import SsrfGuard, is_public, resolved, target_of
    from omnipub.ports.http import NotSentError

    try:
        target = target_of(url)
        SsrfGuard(allowed_origins=(), only_allowed=False, resolve=resolved).check(target, user_given=True)
    except NotSentError as error:
        raise InvalidInputError(error.message, hint="Use --url https://… with a public host.") from error
    if target.host == "localhost" or (_is_address(target.host) and not is_public(target.host)):
        raise InvalidInputError(
            f"{target.host} is not an address on the public internet.", hint="Use --url https://… with a public host."
        )


def _on_loopback(url: str) -> None:
    from omnipub.adapters.http.loopback import loopback_origin
    from omnipub.ports.http import NotSentError

    hint = "In a sandbox only servers on this machine are spoken to: --url http://127.0.0.1:PORT."
    try:
        origin = loopback_origin(url)
    except NotSentError as error:
        raise InvalidInputError(error.message, hint=hint) from error
    if not origin:
        raise InvalidInputError("This is a sandbox: it sends nothing to that address.", hint=hint)


def _origin(url: str, server: str) -> str:
    parts = urlsplit(url)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise InvalidInputError(
            f"A {server} is named without a path.", hint=f"Use --url {parts.scheme}://{parts.hostname}."
        )
    return f"{parts.scheme}://{parts.netloc}"


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
