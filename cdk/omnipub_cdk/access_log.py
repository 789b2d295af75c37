"""The API's access log: its fields, and where each comes from."""

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
