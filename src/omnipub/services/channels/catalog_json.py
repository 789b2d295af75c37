"""The shapes of networks, accounts and kinds of certifications in JSON, which the API and the command line share.

Only type checkers and JSON Schema read these types. Moments are UTC in ISO 8601 with milliseconds.
"""

from typing_extensions import TypedDict

from omnipub.services.json_formats import Day, Moment


class ConnectionJson(TypedDict):
    """An account on a network, and whether it can be used."""

    channel: str
    account: str
    title: str
    standing: str
    since: Moment | None
    reason: str | None


class TextLimitJson(TypedDict):
    """How much text a network takes, in one unit."""

    most: int
    unit: str


class LimitsJson(TypedDict):
    """What a network takes; `settle_seconds` is how late its look-ups may show a post."""

    text: list[TextLimitJson]
    images: int
    image_types: list[str]
    image_bytes: int
    alt_text: int
    settle_seconds: int


class NetworkJson(LimitsJson):
    """A network with its limits."""

    network: str
    title: str


class NetworkWithAccountsJson(NetworkJson):
    """A network with the accounts that are connected."""

    accounts: list[ConnectionJson]


class CertificationTypeJson(TypedDict):
    """A kind of certification that can be announced."""

    type: str
    name: str
    level: str
    codes: list[str]
    available_from: Day | None
    retired_on: Day | None
    hashtags: list[str]
