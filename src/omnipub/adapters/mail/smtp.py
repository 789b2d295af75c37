"""SMTP: one connection for each message, encrypted, within a deadline; what a server says is not passed on.

1. Nothing is handed over in the open but to a server of this machine. Where encryption was asked for and the server
   offers none, nothing is said to it.
2. `NotSentError` means that the server has not taken the message, whatever it said until then. Only what goes wrong
   after the last byte of the message was written is `NoAnswerError`.
3. Every step has a time-out, and all of them together have one: a server that drips is hung up on.
4. Errors name the server's host and the numbers of its reply (550, 5.7.1). They never name its words, an address, a
   user or a password.
"""

import base64
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from functools import cached_property

from omnipub.domain.mail_address import checked_address
from omnipub.errors import InvalidInputError
from omnipub.ports.http import NoAnswerError, NotSentError, UnreachableError
from omnipub.ports.mail import Mail, MailRefusedError, MailSecurity, MailServer

STEP_SECONDS = 10.0
"""How long one step may take: to connect, or to be answered."""

TOTAL_SECONDS = 25.0
"""How long handing over one message may take in all."""

SUBJECT_AT_MOST = 900
"""Characters of a subject."""

WIRE = SMTP.clone(cte_type="7bit")
"""Every server takes seven bits; not every one says that it takes eight."""

_TAKE_DATA, _TAKEN, _SIGN_IN_FIRST, _SIGNED_IN = 354, 250, 530, 235
_DETAIL = re.compile(r"[245]\.\d{1,3}\.\d{1,3}(?!\S)")
"""What some servers begin their words with (RFC 3463): numbers that say why."""

_REFUSALS = range(400, 600)


class SmtpMailSender:
    """Fills the port `MailSender`.

    Args:
        tls: Makes what checks a server's certificate; by default what the system trusts.
        step: Seconds that one step may take.
        total: Seconds for all of them.
    """

    def __init__(
        self,
        *,
        tls: Callable[[], ssl.SSLContext] = ssl.create_default_context,
        step: float = STEP_SECONDS,
        total: float = TOTAL_SECONDS,
    ) -> None:
        self._make_tls = tls
        self._step = step
        self._total = total

    def send(self, server: MailServer, mail: Mail) -> None:
        """Hand one message over."""
        sender, recipient = (checked_address(one) for one in (mail.sender, mail.recipient))
        message = composed(mail)
        with self._connected(server) as smtp:
            utf8 = not all(one.isascii() for one in (sender, recipient))
            if utf8 and not smtp.has_extn("smtputf8"):
                raise MailRefusedError(f"{server.host} takes no addresses in other scripts.", code=553)
            options = ["SMTPUTF8", "BODY=8BITMIME"] if utf8 else []
            _told(server, "the sender", *smtp.mail(sender, options))
            _told(server, "the recipient", *smtp.rcpt(recipient))
            code, words = smtp.docmd("data")
            if code != _TAKE_DATA:
                raise _refused(server, "the message", code, words)
            self._hand_over(server, smtp, message.as_bytes(policy=SMTPUTF8 if utf8 else WIRE))

    def _hand_over(self, server: MailServer, smtp: smtplib.SMTP, content: bytes) -> None:
        try:
            smtp.send(_dotted(content))
            code, words = smtp.getreply()
        except (OSError, smtplib.SMTPException) as error:
            # Part of it may still be under way when the connection breaks; all of it was never taken without a reply.
            raise NoAnswerError(f"{server.host} did not say whether it took the mail.") from error
        if code in _REFUSALS:
            raise _refused(server, "the message", code, words)
        if code != _TAKEN:  # half a reply, or none of SMTP's
            raise NoAnswerError(f"{server.host} did not say whether it took the mail.")

    @contextmanager
    def _connected(self, server: MailServer) -> Iterator[smtplib.SMTP]:
        """A connection over which the server knows who hands over; every error before the message is "not sent"."""
        smtp = self._opened(server)
        hang_up = threading.Timer(self._total, _hang_up, [smtp])
        hang_up.daemon = True
        hang_up.start()
        try:
            self._introduced(server, smtp)
            yield smtp
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()
        except (OSError, smtplib.SMTPException) as error:
            raise NotSentError(f"{server.host} broke off before it took the mail.") from error
        finally:
            hang_up.cancel()
            with suppress(OSError):
                smtp.close()

    def _opened(self, server: MailServer) -> smtplib.SMTP:
        name = "localhost"  # of this machine, which is nobody's business
        try:
            if server.security is MailSecurity.TLS:
                return smtplib.SMTP_SSL(
                    server.host, server.port, local_hostname=name, timeout=self._step, context=self._tls
                )
            return smtplib.SMTP(server.host, server.port, local_hostname=name, timeout=self._step)
        except ssl.SSLError as error:
            raise UnreachableError(f"{server.host} has no encryption that can be trusted.") from error
        except smtplib.SMTPResponseException as error:
            raise _refused(server, "connections", error.smtp_code, error.smtp_error) from error
        except (OSError, smtplib.SMTPException) as error:
            raise UnreachableError(f"No mail server answers at {server.host} on port {server.port}.") from error

    def _introduced(self, server: MailServer, smtp: smtplib.SMTP) -> None:
        _told(server, "the greeting", *smtp.ehlo())
        if server.security is MailSecurity.STARTTLS:
            if not smtp.has_extn("starttls"):
                raise UnreachableError(f"{server.host} offers no encryption on port {server.port} (STARTTLS).")
            try:
                smtp.starttls(context=self._tls)
            except ssl.SSLError as error:
                raise UnreachableError(f"{server.host} has no encryption that can be trusted.") from error
            except smtplib.SMTPResponseException as error:
                raise _refused(server, "encryption", error.smtp_code, error.smtp_error) from error
            _told(server, "the greeting", *smtp.ehlo())
        if server.user and server.password is not None:
            try:
                _sign_in(smtp, server.user, server.password.reveal())
            except smtplib.SMTPAuthenticationError as error:
                raise _refused(server, "this user and password", error.smtp_code, error.smtp_error) from None
            except smtplib.SMTPNotSupportedError:
                raise MailRefusedError(f"{server.host} offers no sign-in.", code=_SIGN_IN_FIRST) from None

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return self._make_tls()


def composed(mail: Mail) -> EmailMessage:
    """The message with its headers.

    Raises:
        InvalidInputError: The subject has a line break or another control character, or is too long.
    """
    if not mail.subject.isprintable() or len(mail.subject) > SUBJECT_AT_MOST:
        raise InvalidInputError(
            f"A subject is one line of at most {SUBJECT_AT_MOST} characters.", hint="Leave line breaks and tabs out."
        )
    message = EmailMessage(policy=WIRE)
    message["From"] = checked_address(mail.sender)
    message["To"] = checked_address(mail.recipient)
    message["Subject"] = mail.subject
    message["Date"] = mail.at
    message["Message-ID"] = f"<{mail.message_id}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _sign_in(smtp: smtplib.SMTP, user: str, password: str) -> None:
    """Sign in; smtplib does it for ASCII alone, others go as RFC 4616 has them."""
    if user.isascii() and password.isascii():
        smtp.login(user, password)
        return
    if "PLAIN" not in smtp.esmtp_features.get("auth", "").split():
        raise smtplib.SMTPNotSupportedError
    given = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
    code, words = smtp.docmd("AUTH", f"PLAIN {given}")
    if code != _SIGNED_IN:
        raise smtplib.SMTPAuthenticationError(code, words)


def _told(server: MailServer, what: str, code: int, words: bytes) -> None:
    """Judge a reply."""
    if not 200 <= code < 300:  # noqa: PLR2004  replies of 2xx are what SMTP calls completion
        raise _refused(server, what, code, words)


def _refused(server: MailServer, what: str, code: int, words: bytes | str) -> MailRefusedError:
    plain = words if isinstance(words, str) else words.decode("ascii", "replace")
    detail = _DETAIL.match(plain)
    number = f"{code} {detail[0]}" if detail else str(code)
    return MailRefusedError(f"{server.host} refuses {what} (reply {number}).", code=code)


def _dotted(content: bytes) -> bytes:
    """The content as it is written after DATA.

    Lines end in CR LF, a leading dot is doubled, one dot ends it.
    """
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    return b"\r\n".join([*(b"." + line if line.startswith(b".") else line for line in lines), b".", b""])


def _hang_up(smtp: smtplib.SMTP) -> None:
    with suppress(OSError):
        if smtp.sock is not None:
            smtp.sock.shutdown(socket.SHUT_RDWR)
