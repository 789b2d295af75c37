"""Requests to LinkedIn's REST API, and where a person sees a post."""

import re
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from omnipub.channels.drafting import bearer
from omnipub.channels.networks.linkedin.endpoint import BASE_URL, NAME, PROTOCOL_VERSION, VERSION
from omnipub.domain.conversation import Account, Request, Secret

LOOK_TIMEOUT = 10.0
POST_URN = re.compile(r"urn:li:(?:share|ugcPost|activity):[0-9]{1,30}")


def permalink(urn: str, account: Account) -> str:
    """Where a person sees the post: on LinkedIn, or on the pages of the sandbox that stands in for it."""
    if account.base_url == BASE_URL:
        return f"https://www.linkedin.com/feed/update/{urn}"
    stand_in = urlsplit(account.base_url)
    return f"{stand_in.scheme}://{stand_in.netloc}/posts/{NAME}/{quote(urn, safe='')}"


def rest_request(
    method: str,
    account: Account,
    path: str,
    *,
    query: Mapping[str, str] = MappingProxyType({}),
    rest_method: str = "",
    **more: Any,
) -> Request:
    """Return the request to a path of the REST API."""
    headers: dict[str, str | Secret] = {
        "Authorization": bearer(account),
        "Linkedin-Version": VERSION,
        "X-Restli-Protocol-Version": PROTOCOL_VERSION,
    }
    query_string = f"?{urlencode(query)}" if query else ""
    return Request(
        method=method,
        url=f"{account.base_url}/rest/{path}{query_string}",
        headers=headers | ({"X-RestLi-Method": rest_method} if rest_method else {}),
        **more,
    )
