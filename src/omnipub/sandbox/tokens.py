"""Tokens that end: until when an account's token works, and the refresh token that gets another one, once."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, kw_only=True)
class Grant:
    """What renews an account's token.

    Attributes:
        refresh: The refresh token that works now; a renewal replaces it.
        client: The application's id.
        secret: The application's secret.
        lasts: Seconds that a token works.
    """

    refresh: str
    client: str
    secret: str
    lasts: int


class Grants(Protocol):
    """Who has one; an account without has a token that neither ends nor is renewed."""

    def give(self, network: str, account: str, grant: Grant | None) -> None:
        """Let an account's token end, counted from now; None lets it work for ever."""
        ...

    def end(self, network: str, account: str) -> bool:
        """Let an account's token end now; False if it has none that ends."""
        ...

    def has_ended(self, network: str, token: str) -> bool:
        """Whether the token's time is over."""
        ...

    def account(self, network: str, refresh: str) -> str:
        """Whose refresh token it is; empty if it is nobody's, or no longer."""
        ...

    def application(self, network: str, client: str, secret: str) -> bool:
        """Whether an account was connected through that application."""
        ...

    def renew(self, network: str, grant: Grant) -> tuple[str, Grant] | None:
        """A new token, and what renews that one; None if the refresh token does not work for that application."""
        ...
