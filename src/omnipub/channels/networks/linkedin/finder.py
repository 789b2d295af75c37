"""Pages of an author's posts, as LinkedIn's finder lists them."""

from collections.abc import Mapping
from typing import Any

from omnipub.channels.answers import accepted, text_in
from omnipub.channels.networks.linkedin.listing import PAGE_SIZE, Listed
from omnipub.channels.networks.linkedin.little_text import plain_text
from omnipub.channels.networks.linkedin.requests import LOOK_TIMEOUT, POST_URN, permalink, rest_request
from omnipub.channels.numbers import moment_of_milliseconds
from omnipub.domain.conversation import Account, Request, Response
from omnipub.domain.delivery.outcome import FoundPost


def page_request(account: Account, *, start: int) -> Request:
    """Return the request for the author's posts from place `start` on, last modified first."""
    query = {
        "author": account.id,
        "q": "author",
        "start": str(start),
        "count": str(PAGE_SIZE),
        "sortBy": "LAST_MODIFIED",
    }
    return rest_request("GET", account, "posts", query=query, rest_method="FINDER", total_timeout=LOOK_TIMEOUT)


def listed_in(answer: Response, account: Account) -> list[Listed] | None:
    """A page of posts; None if the answer is no such page.

    A post that cannot be read cannot be ruled out.
    """
    if not accepted(answer):
        return None
    try:
        return [
            Listed(
                post=FoundPost(
                    network_id=(urn := text_in(element["id"])),
                    text=plain_text(commentary) if isinstance(commentary := element.get("commentary", ""), str) else "",
                    created_at=moment_of_milliseconds(element["createdAt"]),
                    permalink=permalink(urn, account) if POST_URN.fullmatch(urn) else "",
                    links=_links_in(element),
                ),
                modified_at=moment_of_milliseconds(element.get("lastModifiedAt", element["createdAt"])),
            )
            for element in answer.body["elements"]
        ]
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError):
        return None


def _links_in(element: Mapping[str, Any]) -> tuple[str, ...]:
    """The link of a post's article."""
    link = (element.get("content") or {}).get("article", {}).get("source")
    return (str(link),) if link else ()
