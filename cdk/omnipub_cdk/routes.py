"""Which requests the API takes without a token: these, each by name. Whoever they serve proves itself otherwise."""

from dataclasses import dataclass

from omnipub.names import API_ROOT


@dataclass(frozen=True, kw_only=True)
class PublicRoute:
    """A route without sign-in; `why` says what stands in for it."""

    method: str
    path: str
    why: str


PUBLIC = (
    PublicRoute(method="GET", path=f"{API_ROOT}/health", why="says only whether omnipub is alive"),
    PublicRoute(method="GET", path=f"{API_ROOT}/config", why="says where to sign in"),
    PublicRoute(
        method="GET",
        path=f"{API_ROOT}/oauth/callback",
        why="a network sends its user back; the state is ours, used once",
    ),
    PublicRoute(method="POST", path=f"{API_ROOT}/events", why="other systems announce; an API key is checked inside"),
)

LOG_LINE = {
    "requestId": "$context.requestId",
    "at": "$context.requestTime",
    "route": "$context.routeKey",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
    "owner": "$context.authorizer.claims.sub",
    "refused": "$context.authorizer.error",
    "broke": "$context.integrationErrorMessage",
}
"""A line of the access log: who asked for what and how it went; no address, no token, no content."""
