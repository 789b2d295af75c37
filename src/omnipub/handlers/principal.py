"""Who calls the API, read from the claims that API Gateway's JWT authorizer verified."""

from collections.abc import Mapping
from typing import Any

from omnipub.errors import OmnipubError
from omnipub.names import OPERATORS_GROUP
from omnipub.services.showing import Viewer


class NobodyError(OmnipubError):
    """The request carries no verified token."""


def viewer(claims: Mapping[str, Any]) -> Viewer:
    """The caller.

    API Gateway turns the list `cognito:groups` into one string, `[operators authors]`.

    Raises:
        NobodyError: There are no claims.
    """
    if not claims.get("sub"):
        raise NobodyError("Nobody is signed in.", hint="Sign in and send the token as Authorization: Bearer.")
    groups = str(claims.get("cognito:groups", "")).strip("[]").replace(",", " ").split()
    return Viewer(owner=str(claims["sub"]), operator=OPERATORS_GROUP in groups)
