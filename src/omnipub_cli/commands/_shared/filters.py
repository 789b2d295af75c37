"""What lists and bulk commands are narrowed to, as people type it and as it is typed again for the next page."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from omnipub_cli.framework.since import bound_of, since_of

if TYPE_CHECKING:
    from datetime import datetime

    from omnipub.services.messages.filters import Asked


def asked_of(
    *, now: datetime, status: str = "", channel: str = "", owner: str = "", since: str = "", until: str = ""
) -> Asked:
    """What was asked for.

    Raises:
        InvalidInputError: A time cannot be read, or they stand the wrong way round.
    """
    from omnipub.domain.timestamps import moment
    from omnipub.errors import InvalidInputError
    from omnipub.services.messages.filters import Asked

    first = moment(since_of(since, "--since", now=now)) if since else None
    last = moment(bound_of(until, "--until", now=now)) if until else None
    if first and last and first >= last:
        raise InvalidInputError("--since must lie before --until.", hint="--until is excluded; name the day after.")
    return Asked(status=status.strip().lower().replace(" ", "_"), channel=channel, owner=owner, since=first, until=last)


def typed(asked: Asked) -> str:
    """The options that say the same; a span of time ago as the moment it was."""
    from omnipub.domain.timestamps import to_text

    said = {
        "--status": asked.status,
        "--channel": asked.channel,
        "--owner": asked.owner,
        "--since": to_text(asked.since) if asked.since else "",
        "--until": to_text(asked.until) if asked.until else "",
    }
    return "".join(f" {option} {shlex.quote(value)}" for option, value in said.items() if value)
