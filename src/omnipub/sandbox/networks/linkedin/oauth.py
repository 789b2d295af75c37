"""LinkedIn's OAuth 2.0 token endpoint, as far as it renews tokens. Each refresh token works once."""

from omnipub.sandbox.http_exchange import RefusalError, SandboxAnswer, SandboxRequest, json_answer
from omnipub.sandbox.network import SandboxState
from omnipub.sandbox.networks.linkedin.posts import NETWORK
from omnipub.sandbox.tokens import Grant

PATH = ("oauth", "v2", "accessToken")
FIELDS = frozenset({"grant_type", "refresh_token", "client_id", "client_secret"})
REFRESH_LASTS = 365 * 24 * 3600


def whose(request: SandboxRequest, stock: SandboxState) -> str:
    """The account whose refresh token the request carries; empty if it is none's."""
    return stock.grants.account(NETWORK, _fields(request).get("refresh_token", ""))


def renew(request: SandboxRequest, stock: SandboxState) -> SandboxAnswer:
    """A new token for a refresh token."""
    fields = _fields(request)
    if set(fields) != FIELDS:
        raise _refused(400, "invalid_request", f"exactly these fields are needed: {', '.join(sorted(FIELDS))}")
    if fields["grant_type"] != "refresh_token":
        raise _refused(400, "unsupported_grant_type", "this sandbox knows refresh_token alone")
    client, secret = fields["client_id"], fields["client_secret"]
    if not stock.grants.application(NETWORK, client, secret):
        raise _refused(401, "invalid_client", "Client authentication failed")
    grant = Grant(refresh=fields["refresh_token"], client=client, secret=secret, lasts=0)
    renewed = stock.grants.renew(NETWORK, grant)
    if renewed is None:
        raise _refused(400, "invalid_grant", "The provided refresh token is invalid, expired or revoked")
    token, fresh = renewed
    return json_answer(
        {
            "access_token": token,
            "expires_in": fresh.lasts,
            "refresh_token": fresh.refresh,
            "refresh_token_expires_in": REFRESH_LASTS,
        }
    )


def _fields(request: SandboxRequest) -> dict[str, str]:
    if "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        raise _refused(400, "invalid_request", "the body must be application/x-www-form-urlencoded")
    try:
        return {name: str(value) for name, value in request.form.values.items()}
    except ValueError as error:
        raise _refused(400, "invalid_request", str(error)) from error


def _refused(status: int, error: str, description: str) -> RefusalError:
    return RefusalError(json_answer({"error": error, "error_description": description}, status=status))
