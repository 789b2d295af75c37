"""Requests to an account's data server."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import urlencode

from omnipub.channels.networks.bluesky.endpoint import BASE_URL
from omnipub.domain.conversation import Account, Request


def xrpc_request(
    method: str, account: Account, name: str, *, query: Mapping[str, str] = MappingProxyType({}), **more: Any
) -> Request:
    """Return the request that calls a method of the account's data server."""
    query_string = f"?{urlencode(query)}" if query else ""
    # Another data server's address is its user's word, so it must pass the address guard.
    elsewhere = account.base_url != BASE_URL
    return Request(method=method, url=f"{account.base_url}/xrpc/{name}{query_string}", user_given=elsewhere, **more)
