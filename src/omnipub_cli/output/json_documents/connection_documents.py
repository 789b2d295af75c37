"""What `omnipub connections …` and `omnipub channels …` print with --json."""

from typing_extensions import TypedDict

from omnipub.services.channels.catalog_json import ConnectionJson, NetworkJson, NetworkWithAccountsJson
from omnipub.services.json_formats import Moment


class ConnectionWithTokenJson(ConnectionJson):
    """A connection with what is known of its token."""

    ends_at: Moment | None
    renewable: bool
    renewal_failed: str | None


class ConnectedJson(ConnectionWithTokenJson):
    """`connections connect`."""

    mode: str


class ListedConnectionJson(ConnectionWithTokenJson):
    """A connection with the number of deliveries that are held for it."""

    held: int


class ConnectionListJson(TypedDict):
    """`connections list`."""

    connections: list[ListedConnectionJson]
    held_all_counted: bool


class ShownConnectionJson(ConnectionWithTokenJson):
    """`connections show`."""

    network: str
    connected_at: Moment
    address: str
    token_opens: bool
    deliveries: dict[str, int]
    all_counted: bool


class ConnectionTestJson(TypedDict):
    """What a network answered of an account."""

    channel: str
    account: str
    verdict: str
    sentence: str
    next: str | None


class ConnectionTestsJson(TypedDict):
    """`connections test`."""

    connections: list[ConnectionTestJson]


class RefreshedJson(ConnectionTestJson):
    """`connections refresh`."""

    renewed: bool
    released: int
    ends_at: Moment | None


class DisconnectedJson(TypedDict):
    """`connections disconnect`."""

    channel: str
    account: str
    deliveries: dict[str, int]
    all_counted: bool


class ChannelListJson(TypedDict):
    """`channels list`."""

    channels: list[NetworkWithAccountsJson]


class MissingAnswerJson(TypedDict):
    """How a post is found whose answer was lost."""

    channel: str | None
    how: str


class NetworkLimitsJson(NetworkJson):
    """A network's limits in full."""

    missing_answers: list[MissingAnswerJson]


class ChannelLimitsJson(TypedDict):
    """`channels limits`."""

    channels: list[NetworkLimitsJson]
