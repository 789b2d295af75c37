"""The count: every post a network accepted, and how many were doubles, repeats or deleted."""

import hashlib
import json
import re
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

_SPACE = re.compile(r"\s+")

_NORMALISED_AT_MOST = 5_000
"""Characters of a text of which composed and decomposed letters count as the same."""

COUNTED = ("posts", "doubles", "repeats", "deleted")

Media = Mapping[str, str]
"""One picture of a post: `alt`, and either `sha` and `content_type` (bytes kept here) or a foreign `url`."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """What a network is about to accept; `name` makes its id from the number it gets."""

    network: str
    account: str
    name: Callable[[int], str]
    text: str = ""
    link: str = ""
    media: Sequence[Media] = ()
    sent: Mapping[str, object] = field(default_factory=dict)

    def content(self) -> str:
        """Equal for two posts exactly if a reader would say they are the same."""
        # Long rows of marks would be sorted in a time that grows with their square.
        short = len(self.text) <= _NORMALISED_AT_MOST
        folded = _SPACE.sub(" ", unicodedata.normalize("NFC", self.text) if short else self.text).strip()
        pictures = [picture.get("sha") or picture.get("url", "") for picture in self.media]
        return hashlib.sha256(json.dumps([folded, self.link, pictures]).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Post:
    """An accepted post; moments in ms since 1970, `double` as of the moment of asking."""

    number: int
    network: str
    account: str
    id: str
    text: str
    link: str
    media: list[dict[str, str]]
    sent: dict[str, object]
    received_at: int
    listed_at: int
    deleted_at: int | None
    repeats: int
    double: bool
    touched_at: int | None


def now_ms() -> int:
    """The wall clock."""
    return time.time_ns() // 1_000_000


def totals(networks: Mapping[str, Mapping[str, Mapping[str, int]]]) -> dict[str, int]:
    """The counts of all accounts together."""
    accounts = [counted for network in networks.values() for counted in network.values()]
    return {name: sum(counted[name] for counted in accounts) for name in COUNTED}


class Ledger(Protocol):
    """Accounts and posts; whatever is asked after a restart is answered as before it."""

    def register(self, network: str, account: str, token: str) -> None:
        """Open an account, or give it another token."""
        ...

    def accounts(self) -> list[dict[str, str]]:
        """All accounts, without their tokens."""
        ...

    def token(self, network: str, account: str) -> str | None:
        """The account's token; None if there is no such account."""
        ...

    def knows_token(self, network: str, token: str) -> bool:
        """Whether the token opens any account of the network."""
        ...

    def add(self, draft: Draft, *, hidden_ms: int = 0) -> Post:
        """Accept a post; look-ups show it after `hidden_ms`."""
        ...

    def add_unless_out(self, draft: Draft) -> tuple[Post, bool]:
        """Accept a post, or name the visible one with the same content; True if it is new."""
        ...

    def add_if_absent(self, draft: Draft, *, id: str) -> bool:  # noqa: A002 - the networks' own word
        """Accept a post under its sender's id; False if that id was there before, which is counted."""
        ...

    def find(self, network: str, id: str) -> Post | None:  # noqa: A002 - the networks' own word
        """The newest post of that id, deleted or not."""
        ...

    def delete(self, network: str, id: str) -> bool:  # noqa: A002 - the networks' own word
        """Take a post down; False if it is not up."""
        ...

    def delete_part(self, post: Post, part: int, *, of: int) -> bool:
        """Remove one part of a post, and with its last part the post.

        False if that part is not there.
        """
        ...

    def edit(self, network: str, id: str, *, text: str, sent: Mapping[str, object]) -> bool:  # noqa: A002 - likewise
        """Give a post another text, as its author may; False if it is not up."""
        ...

    def listed(
        self,
        network: str,
        account: str,
        *,
        limit: int,
        skip: int = 0,
        below: int = 0,
        since_ms: int = 0,
        touched_last: bool = False,
    ) -> list[Post]:
        """What the network's own look-up shows now, newest first; `below` is a number from an earlier page.

        With `touched_last`, what was posted or edited last comes first.
        """
        ...

    def listed_count(self, network: str, account: str) -> int:
        """How many posts the network's own look-up has in all."""
        ...

    def newest(self, *, network: str = "", account: str = "", limit: int) -> list[Post]:
        """Everything accepted, newest first, deleted and not yet listed posts too."""
        ...

    def counts(self) -> dict[str, dict[str, dict[str, int]]]:
        """Posts up, doubles among them, repeated deliveries, posts deleted: by network and account."""
        ...

    def clear(self) -> None:
        """Forget every post; accounts stay open, and numbers go on."""
        ...
