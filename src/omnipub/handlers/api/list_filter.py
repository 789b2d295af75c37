"""The filter of a list, from a request's query."""

from collections.abc import Mapping

from omnipub.domain.message import NAME_AT_MOST
from omnipub.domain.timestamps import schedule_at
from omnipub.errors import InvalidInputError
from omnipub.services.messages.filters import Filter


def filter_of(query: Mapping[str, str]) -> Filter:
    """Return the filter of a list: status, channel, owner, since and until (with an offset).

    Raises:
        InvalidInputError: A time cannot be read, or something was given and is empty: it would narrow nothing.
    """
    for name, value in query.items():
        if not value.strip():
            raise InvalidInputError(
                f"{name[:NAME_AT_MOST]} was given and is empty.", hint="Give it a value, or leave it out."
            )
    return Filter(
        status=query.get("status", ""),
        channel=query.get("channel", ""),
        owner=query.get("owner", ""),
        since=schedule_at(query["since"]).at if "since" in query else None,
        until=schedule_at(query["until"]).at if "until" in query else None,
    )
