"""Who calls the API, read from the claims that API Gateway's JWT authorizer verified."""

from collections.abc import Mapping
from typing import Any

from omnipub.errors import OmnipubError
from omnipub.names import OPERATORS_GROUP
from omnipub.services.messages.read import Viewer


class NobodyError(OmnipubError):
    """The request carries no verified token."""


def viewer(claims: Mapping[str, Any]) -> Viewer:
    """The caller.

    Raises:
        NobodyError: There are no claims.
    """
    if not claims.get("sub"):
        raise NobodyError("Nobody is signed in.", hint="Sign in and send the token as Authorization: Bearer.")
    return Viewer(owner=str(claims["sub"]), operator=OPERATORS_GROUP in groups_of(claims.get("cognito:groups")))


def told_of(claims: Mapping[str, Any]) -> Mapping[str, str]:
    """The caller's verified `email` and their `name`, "" where the token has none; access tokens have neither."""
    email = claims.get("email") if str(claims.get("email_verified")).lower() == "true" else ""
    return {"email": str(email or ""), "name": str(claims.get("name") or "")}


def groups_of(claim: object) -> frozenset[str]:
    """The groups in a claim `cognito:groups`.

    API Gateway's JWT authorizer writes the token's list as one string. The members stand between one pair of brackets,
    with one space between two. Cognito allows brackets and commas in a group's name, but no space. So each member is a
    whole name, and only the outer brackets belong to none. Anything in another form names no group.
    """
    if isinstance(claim, list):
        return frozenset(name for name in claim if isinstance(name, str))
    if isinstance(claim, str) and claim.startswith("[") and claim.endswith("]"):
        return frozenset(claim[1:-1].split(" "))
    return frozenset()
