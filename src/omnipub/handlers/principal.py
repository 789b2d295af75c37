"""Who calls the API, read from the claims that API Gateway's JWT authorizer verified."""

from collections.abc import Mapping
from typing import Any

from omnipub.errors import NotFoundError
from omnipub.names import OPERATORS_GROUP
from omnipub.services.showing import Viewer


def viewer(request_context: Mapping[str, Any]) -> Viewer:
    """The caller.

    API Gateway turns the list `cognito:groups` into one string, `[operators authors]`.

    Raises:
        NotFoundError: There are no claims; such a request must not reach this function.
    """
    claims = ((request_context.get("authorizer") or {}).get("jwt") or {}).get("claims") or {}
    if not claims.get("sub"):
        raise NotFoundError("Nobody is signed in.", hint="Sign in and send the token as Authorization: Bearer.")
    groups = str(claims.get("cognito:groups", "")).strip("[]").replace(",", " ").split()
    return Viewer(owner=str(claims["sub"]), operator=OPERATORS_GROUP in groups)
