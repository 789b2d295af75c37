"""Mail: one message to one recipient over a chosen server, and how that can end."""

import ipaddress
import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from omnipub.domain.conversation import Secret
from omnipub.errors import InvalidInputError
from omnipub.ports.http import NotSentError


class MailSecurity(StrEnum):
    """How the way to a mail server is protected."""

    STARTTLS = "starttls"  # the connection begins in the open and is encrypted before anything is said; port 587
    TLS = "tls"  # encrypted from its first byte; port 465
    NONE = "none"  # a server of this very machine


@dataclass(frozen=True, kw_only=True)
class MailServer:
    """Where mail is handed over.

    Attributes:
        host: Its name or address.
        port: Its port.
        security: How the way there is protected; NONE is for a server of this machine alone.
        user: The name to sign in with; "" to hand over without signing in.
        password: What goes with that name.
    """

    host: str
    port: int
    security: MailSecurity = MailSecurity.STARTTLS
    user: str = ""
    password: Secret | None = None

    def __post_init__(self) -> None:
        """Refuse a server that mail must not be handed to."""
        if not _HOST.fullmatch(self.host):
            raise InvalidInputError(
                "This is not the name of a mail server.",
                hint="Use its name or address alone, e.g. smtp.example.com; its port is an option of its own.",
            )
        if self.security is MailSecurity.NONE and not _of_this_machine(self.host):
            raise InvalidInputError(
                f"Mail to {self.host} would go in the open.",
                hint="Use starttls or tls; without encryption only a server of this machine is used, e.g. 127.0.0.1.",
            )
        if bool(self.user) != (self.password is not None):
            raise InvalidInputError("A user and a password go together.", hint="Give both, or neither.")


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One message to one recipient: what becomes of it is told for each recipient alone.

    Attributes:
        sender: The address it is from.
        recipient: The address it goes to.
        subject: One line, in any script.
        text: Plain text.
        message_id: What tells it from every other one, without angle brackets. Sent again under the same one, some
            receivers show it once.
        at: What it says of when it was written.
    """

    sender: str
    recipient: str
    subject: str
    text: str
    message_id: str
    at: datetime


class MailRefusedError(NotSentError):
    """The server answered that it does not take the message.

    Attributes:
        code: The server's three digits.
        for_good: Whether the same message will be refused again.
    """

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message)
        self.code = code
        self.for_good = code >= FOR_GOOD


FOR_GOOD = 500
"""From this reply code on, a refusal is for good."""


class MailSender(Protocol):
    """Hands mail over."""

    def send(self, server: MailServer, mail: Mail) -> None:
        """Hand one message over; the server has taken it when this returns.

        Raises:
            InvalidInputError: An address or the subject cannot stand in a mail; nothing was sent.
            MailRefusedError: The server does not take it.
            NotSentError: It was not handed over: no connection, no encryption that can be trusted, no sign-in.
            NoAnswerError: All of it was written, and whether the server took it is not known.
        """
        ...


_HOST = re.compile(r"(?=.{1,253}\Z)[\w.-]+|[0-9A-Fa-f:]+(%\w+)?")
"""A name in any script, or an address of either kind."""


def _of_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
