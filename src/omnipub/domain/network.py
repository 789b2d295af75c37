"""What a channel says of its network besides requests and answers: ids of posts, tokens, addresses, sandbox account."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

from omnipub.domain.text import excerpt
from omnipub.errors import InvalidInputError

POST_ID_AT_MOST = 1_000
"""Characters; no network needs half as many, and a key of the table has room for them."""


@dataclass(frozen=True, kw_only=True)
class PostIds:
    """How a network names its posts.

    Attributes:
        network: As people call it.
        pattern: What a whole id matches, of whatever post the network has.
        like: The form in words, with an example.
        found: Where a person finds the id of a post: a whole sentence.
    """

    network: str
    pattern: re.Pattern[str]
    like: str
    found: str

    def match(self, id_: object) -> bool:
        """Whether `id_` is the id of a post there, of whatever type it is and whoever wrote it."""
        return isinstance(id_, str) and len(id_) <= POST_ID_AT_MOST and self.pattern.fullmatch(id_) is not None

    def read(self, text: str) -> str:
        """The id that somebody typed: by itself, or as the last part of an address of the post.

        Raises:
            InvalidInputError: It is none; the sentence says how one looks, the hint where it is found.
        """
        given = text.strip()
        web = given.startswith(("https://", "http://"))
        path = given.partition("#")[0].partition("?")[0].rstrip("/")
        id_ = unquote(path.rpartition("/")[2]) if web else given
        if self.match(id_):
            return id_
        sentence = f"'{excerpt(given)}' is no id of a post on {self.network}: that is {self.like}."
        raise InvalidInputError(sentence, hint=self.found, problems=[("network_id", sentence)])


@dataclass(frozen=True, kw_only=True)
class AccountIds:
    """How a network names its accounts, and what people type instead.

    Attributes:
        pattern: What a whole id matches.
        like: The form in words, with an example.
        readings: What people type, as a whole → the id, as `re.Match.expand` takes it. The first that fits counts.
        small: Whether capitals make no difference, so that they become small letters.
    """

    pattern: re.Pattern[str] = re.compile(r"[^\x00-\x1f\x7f-\x9f]{1,200}")
    like: str = "a text of at most 200 characters on one line"
    readings: tuple[tuple[re.Pattern[str], str], ...] = ()
    small: bool = False

    def read(self, text: str, *, network: str) -> str:
        """The id that somebody typed.

        Args:
            text: As typed.
            network: As people call it.

        Raises:
            InvalidInputError: It is none; the sentence says how one looks.
        """
        given = text.strip()
        for reading, template in self.readings:
            found = reading.fullmatch(given)
            if found is not None:
                given = found.expand(template)
                break
        given = given.lower() if self.small and not given.startswith("did:") else given
        if self.pattern.fullmatch(given):
            return given
        sentence = f"'{excerpt(text)}' is no account of {network}: that is {self.like}."
        raise InvalidInputError(sentence, problems=[("account", sentence)])


@dataclass(frozen=True, kw_only=True)
class Tokens:
    """How the tokens of a network look and are asked for.

    Attributes:
        patterns: Regular expressions, each for a whole token; nothing else that people type may match one.
        prompt: How a token is asked for; empty for "Token of CHANNEL".
        several: Whether an account may have several tokens at once, separated by spaces.
    """

    patterns: tuple[str, ...] = ()
    prompt: str = ""
    several: bool = False


@dataclass(frozen=True, kw_only=True)
class ApiVersion:
    """The version of a network's interface that omnipub speaks.

    Attributes:
        name: As it stands in requests.
        ends: The day from which the network no longer answers to it; None while none is announced.
    """

    name: str
    ends: date | None = None


@dataclass(frozen=True, kw_only=True)
class OwnAddress:
    """An address that an account has of its own: its owner gives it when the account is connected.

    Without one (`Channel.own_address` is None), every account is at the network's own address.

    Attributes:
        whose: What has such an address, in the plural, as in "--url is for webhooks".
        server: What answers there, as in "A data server is named without a path"; empty where the whole URL counts.
    """

    whose: str
    server: str = ""


@dataclass(frozen=True, kw_only=True)
class SandboxAccount:
    """The account that a new data directory has in the sandbox.

    Attributes:
        id: As the network would name it.
        title: For people; empty for "Sandbox" and the network's title.
        token: Makes a token of the network's form from 32 random bytes.
    """

    id: str = "sandbox"
    title: str = ""
    token: Callable[[bytes], str] = lambda entropy: entropy[:20].hex()
