"""Requests to the Graph API, and the id in an answer."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode

from omnipub.channels.answers import accepted
from omnipub.channels.drafting import bearer
from omnipub.channels.networks.facebook.endpoint import VERSION
from omnipub.domain.conversation import Account, Request, Response

LOOK_TIMEOUT = 10.0


def graph_request(
    method: str, account: Account, path: str, *, query: Mapping[str, str] = MappingProxyType({}), **more: Any
) -> Request:
    """Return the request to a path of the Graph API."""
    query_string = f"?{urlencode(query)}" if query else ""
    return Request(
        method=method,
        url=f"{account.base_url}/{VERSION}/{quote(path)}{query_string}",
        headers={"Authorization": bearer(account)},
        **more,
    )


def id_in(answer: Response) -> str:
    """Return the id that an answer of success names; empty if it names none."""
    if not (accepted(answer) and isinstance(answer.body, dict)):
        return ""
    found = answer.body.get("id")
    return found if isinstance(found, str) else ""
