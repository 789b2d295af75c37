"""Names that code, command line and infrastructure share."""

SERVICE = "omnipub"

ENVIRONMENT_PREFIX = "OMNIPUB_"
"""Every setting is read from a variable with this prefix, in `config` alone."""

OPERATORS_GROUP = "operators"
"""The Cognito group whose members see every owner's messages."""

API_ROOT = "/api/v1"
"""CloudFront forwards `/api/*` unstripped, so the version stands in every route."""

LOCAL_OWNER = "local"
"""The owner of what is composed on one machine through the command line."""

WRITE_ID = "write_id"
VERSION = "version"
