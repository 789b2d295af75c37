"""Names that code, command line and infrastructure share."""

SERVICE = "omnipub"

ENVIRONMENT_PREFIX = "OMNIPUB_"
"""Every setting is read from a variable with this prefix, in `config` alone."""

OPERATORS_GROUP = "operators"
"""The Cognito group whose members see every owner's messages."""

AUTHORS_GROUP = "authors"
"""The Cognito group of those who write; each sees only their own."""

ORIGIN_HEADER = "x-omnipub-origin"
"""The header in which CloudFront proves to the API that a request came through it."""

API_ROOT = "/api/v1"
"""CloudFront forwards `/api/*` unstripped, so the version stands in every route."""

PUBLIC_ROUTES = {
    ("GET", f"{API_ROOT}/config"): "says where and how to sign in",
    ("GET", f"{API_ROOT}/health"): "says only whether omnipub is alive",
}
"""(Method, path) of each route that needs no token → why. The API, its gateway and its stack have no others."""

SIGNED_IN_PATH = "/signed-in"
"""The page of the site to which sign-in returns."""

SIGN_IN_SCOPES = ("openid", "email", "profile")
"""What the console asks of sign-in."""

SANDBOX_ADDRESS = "https://sandbox.omnipub.invalid"
"""What accounts of a stage's own sandbox are connected to. No name ends so: these requests invoke a function."""

SANDBOX_ROUTE = f"{API_ROOT}/sandbox"
"""Where operators see the wall of a stage's sandbox."""

LOCAL_OWNER = "local"
"""The owner of what is composed on one machine through the command line."""

SEED_OWNER = "omnipub-seed"
"""The owner of invented messages. It never has a connection, so nothing of it can be sent."""

SMOKE_OWNER = "omnipub-deployment"
"""The owner of the message with which a deployment tries whether posts come out; always the same, whoever deploys."""

PRODUCTION = "prod"
"""The stage whose table real publications live in: nothing invented is put there."""

WRITE_ID = "write_id"
VERSION = "version"
