"""Conversations with networks: generators that yield requests and receive responses. Channels never send.

A publishing conversation ends in an `Outcome`, a look-up in a `Sighting`. One driver (`services.driver`) runs them
all. A publishing conversation yields `Published` as soon as it knows a post's id. From there that result stands,
whatever becomes of the requests that follow. A request that does not publish may have no answer. Then
`RequestFailedError` is raised in the conversation, which may go on without it.
"""

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Protocol

from omnipub.domain.announcement_templates import DEFAULT, Template
from omnipub.domain.delivery.outcome import Outcome, Sighting, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.limits import Limits
from omnipub.domain.message import Content
from omnipub.domain.network import AccountIds, ApiVersion, OwnAddress, PostIds, SandboxAccount, Tokens


class Secret:
    """A value that is sent but never shown: its text form is a row of stars."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The value, for the one place that puts it on the wire."""
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, kw_only=True)
class MediaPart:
    """A place in a request that the driver fills with the bytes of stored media."""

    key: str
    content_type: str
    field: str = ""


@dataclass(frozen=True, kw_only=True)
class Request:
    """One HTTP request, as data.

    Attributes:
        url: Absolute; `user_given` says that it may lead anywhere and must pass the address guard.
        headers: Plain or secret values.
        json: Sent as compact JSON in the order given, unless `raw` or `media` is set.
        form: Fields of a multipart body around `media` and `files`.
        files: More files of a multipart body, in order.
        publishes: The public may see the effect. A missing answer to such a request is ambiguous;
            to any other it only means "not sent".
        secrets: What else in it must not be shown: parts of the address or of the body.
        repeatable: Sent twice, it does what it does sent once, even if it publishes: it carries a key of ours.
        kept_for: Whose kept connection it may go over; empty for a connection of its own.
        connect_timeout: Seconds.
        total_timeout: Seconds from the first byte to the last; it must fit in the lease.
    """

    method: str
    url: str
    headers: Mapping[str, str | Secret] = field(default_factory=dict)
    json: Any = None
    raw: bytes | None = None
    form: Mapping[str, str | Secret] | None = None
    media: MediaPart | None = None
    files: tuple[MediaPart, ...] = ()
    secrets: tuple[Secret, ...] = ()
    publishes: bool = False
    repeatable: bool = False
    kept_for: str = ""
    user_given: bool = False
    connect_timeout: float = 3.0
    total_timeout: float = 25.0


@dataclass(frozen=True, kw_only=True)
class Response:
    """One HTTP response: header names in small letters, `body` parsed if it is JSON, else text."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None


@dataclass(frozen=True, kw_only=True)
class Published:
    """The network has named the post's id. Nothing that follows in the conversation takes that back."""

    network_id: str
    permalink: str = ""


class RequestFailedError(Exception):
    """A request that does not publish had no answer, or was not begun.

    `outcome` is how the try ends because of it.
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.sentence)
        self.outcome = outcome


@dataclass(frozen=True, kw_only=True)
class Account:
    """A connected account, opened for one conversation.

    Attributes:
        id: The network's own account id (a page id, an author URN, a webhook's id).
        base_url: Where the network answers; the sandbox puts its own address here.
        token: The opened secret.
        settings: What else the connection holds, not secret.
    """

    id: str
    base_url: str
    token: Secret
    settings: Mapping[str, str] = field(default_factory=dict)

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be shown of it."""
        return (self.token,)


Publishing = Generator[Request | Published, Response, Outcome]
Looking = Generator[Request, Response, Sighting]
FrozenBody = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """What rendering may depend on besides content.

    Attributes:
        delivery_key: The delivery's name.
        due_at: When it was due at its first try. Together with the name it makes the key, which stays the same for
            ever.
        at: When this post goes out, which is later if it is late; None means as it was due.
    """

    delivery_key: str
    due_at: datetime
    at: datetime | None = None

    @property
    def moment(self) -> datetime:
        """The moment that the post itself names."""
        return self.at or self.due_at


class Channel(Protocol):
    """One network: what to send, how to read its answers, and whatever else is particular to it.

    Attributes:
        name: The network's name in commands, in the table and in the sandbox's paths.
        title: The network's name for people.
        limits: What it accepts.
        settle: After this long a post that is out is surely listed.
        pace: Between two posts of one account when several wait: no faster than the network takes them.
        base_url: Where the network answers; empty if each account has an address of its own, which is a secret.
        own_ids: Whether the network itself gives its accounts their ids, so that one id is one account whoever
            connected it. If not, an account is its owner's.
        post_ids: How the posts are named that `publish`, `look_up` and people speak of.
        account_ids: How its accounts are named, and what people type instead.
        own_address: What an account's own address is, where it may have one.
        api_version: The version of its interface, where versions of it end.
        tokens: How its tokens look and are asked for.
        account_examples: Kind of account → an id of that kind, where `remedy` depends on the kind.
        announcement: The template for announcements of certifications.
        sandbox_account: The account that the sandbox opens for a new data directory.
    """

    name: str
    title: str
    limits: Limits
    settle: timedelta
    pace: timedelta
    base_url: str
    own_ids: bool
    post_ids: PostIds
    account_ids: AccountIds = AccountIds()
    own_address: OwnAddress | None = None
    api_version: ApiVersion | None = None
    tokens: Tokens = Tokens()
    account_examples: Mapping[str, str] = MappingProxyType({})
    announcement: Template = DEFAULT
    sandbox_account: SandboxAccount = SandboxAccount()

    def wrong_token(self, token: Secret) -> str:
        """Why a text cannot be a token of this network, for people; "" if it can be one."""
        del token
        return ""

    def remedy(self, account_id: str) -> ReconcileMethod:
        """How this account's ambiguous tries are found out; by default they are not."""
        del account_id
        return ReconcileMethod.NONE

    def shows_posts(self, account_id: str) -> bool:
        """Whether anybody can look for a post on this account; by default where that finds ambiguous tries out."""
        return self.remedy(account_id) is not ReconcileMethod.NONE

    def text(self, content: Content) -> str:
        """The text people will see, before any escaping: what the limits count. By default it has no link."""
        return content.with_hashtags()

    def render(self, content: Content, occasion: Occasion) -> FrozenBody:
        """The request's content as JSON to freeze: the same content renders the same bytes."""
        ...

    def text_of(self, frozen: FrozenBody) -> str:
        """The text by which the post is recognised on the account."""
        ...

    def links_of(self, frozen: FrozenBody) -> tuple[str, ...]:
        """The links of the post that do not stand in its text, as on a card; by default none."""
        del frozen
        return ()

    def publish(self, frozen: FrozenBody, account: Account, now: Callable[[], datetime]) -> Publishing:
        """Publish; `now` is for signatures that must carry the time of the try."""
        ...

    def look_up(self, account: Account, since: datetime) -> Looking:
        """The account's posts back to `since`; by default they cannot be read."""
        del account, since
        yield from ()
        plain = f"{self.title} cannot be asked which posts it has."
        return Sighting(failed=Outcome(ended=TryEnd.REJECTED, code="no_look_up", sentence=plain))

    def delete(self, network_id: str, account: Account) -> Publishing:
        """Delete a post; `published` here means: it is gone. By default posts cannot be deleted."""
        del network_id, account
        yield from ()
        plain = f"A post on {self.title} cannot be deleted by omnipub."
        return Outcome(ended=TryEnd.REJECTED, code="no_delete", sentence=plain)
