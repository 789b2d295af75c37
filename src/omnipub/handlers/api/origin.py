"""Refuses requests that did not come through CloudFront, because its firewall has not checked them."""

from collections.abc import Mapping
from typing import Any, Protocol

from omnipub.errors import OmnipubError
from omnipub.handlers.api import problems
from omnipub.names import ORIGIN_HEADER


class OriginSecretHeader(Protocol):
    """What only the distribution knows."""

    def is_known(self, given: str) -> bool:
        """Whether `given` is it."""
        ...


def turned_away(event: Mapping[str, Any], secret: OriginSecretHeader) -> dict[str, Any] | None:
    """The answer to a request without the secret; None lets it in."""
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    try:
        if secret.is_known(headers.get(ORIGIN_HEADER, "")):
            return None
    except OmnipubError as error:
        refusal = problems.problem(error)
    else:
        refusal = problems.answer(
            403, "Not through the site", "This address answers the site alone.", hint="Use the site's own address."
        )
    return refusal.to_event()
