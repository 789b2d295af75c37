"""Read the filter that a person typed, and write it as options again for the next page."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from omnipub_cli.framework.since import bound_of, since_of

if TYPE_CHECKING:
    from datetime import datetime

    from omnipub.services.messages.filters import Filter
    from omnipub_cli.framework.filter_options import FilterOptions


def filter_of(options: FilterOptions, *, now: datetime, channel: str = "") -> Filter:
    """The filter that the options mean.

    Raises:
        InvalidInputError: A time cannot be read, or two bounds stand the wrong way round.
    """
    from omnipub.domain.timestamps import moment
    from omnipub.errors import InvalidInputError
    from omnipub.services.messages.filters import Filter

    first = moment(since_of(options.since, "--since", now=now)) if options.since else None
    last, due_first, due_last = (
        moment(bound_of(text, option, now=now)) if text else None
        for text, option in (
            (options.until, "--until"),
            (options.due_after, "--due-after"),
            (options.due_before, "--due-before"),
        )
    )
    for name, lower, excluded, upper in (
        ("--since", first, "--until", last),
        ("--due-after", due_first, "--due-before", due_last),
    ):
        if lower and upper and lower >= upper:
            raise InvalidInputError(
                f"{name} must lie before {excluded}.", hint=f"{excluded} is excluded; name the day after."
            )
    return Filter(
        status=options.status.strip().lower().replace(" ", "_"),
        channel=channel,
        owner=options.owner,
        since=first,
        until=last,
        due_after=due_first,
        due_before=due_last,
        text=options.text,
        imported=options.imported,
    )


def typed(filter_: Filter) -> str:
    """The options that mean the filter; a span from now as the moment that it named."""
    from omnipub.domain.timestamps import to_text

    values = {
        "--status": filter_.status,
        "--channel": filter_.channel,
        "--owner": filter_.owner,
        "--since": filter_.since,
        "--until": filter_.until,
        "--due-after": filter_.due_after,
        "--due-before": filter_.due_before,
        "--text": filter_.text,
        "--import": filter_.imported,
    }
    words = {option: value if isinstance(value, str) else to_text(value) for option, value in values.items() if value}
    return "".join(f" {option}{_value(value)}" for option, value in words.items())


def _value(value: str) -> str:
    """A value behind its option; one that begins with a dash would be taken for an option."""
    return f"={shlex.quote(value)}" if value.startswith("-") else f" {shlex.quote(value)}"
