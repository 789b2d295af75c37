"""Mail over real sockets: to a server of other people's making, and to servers that break off wherever they can."""

import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from omnipub.adapters.mail.smtp import SmtpMailSender
from omnipub.domain.conversation import Secret
from omnipub.errors import InvalidInputError
from omnipub.ports.http import NoAnswerError, NotSentError, UnreachableError
from omnipub.ports.mail import Mail, MailRefusedError, MailSecurity, MailServer
from support.certificates import Authority, new_authority

PASSWORD = "very-secret-password"
MAIL = Mail(
    sender="omnipub@example.com",
    recipient="ada@example.com",
    subject="Es brennt: Zugänge, 接続, 🔥",
    text="First line\n.\n..dots, and a long line: " + "ä" * 2_000 + "\nlast line\n",
    message_id="cause-1.begun@omnipub",
    at=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
)


@dataclass
class Inbox:
    """A mail server's inbox, of which a test says what it refuses."""

    refuses: dict[str, str] = field(default_factory=dict)
    mails: list[EmailMessage] = field(default_factory=list)
    envelopes: list[tuple[str, list[str]]] = field(default_factory=list)
    secure: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)

    async def handle_MAIL(self, _server: Any, _session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.refuses.get("mail", "250 OK")

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if "rcpt" not in self.refuses:
            envelope.rcpt_tos.append(address)
        return self.refuses.get("rcpt", "250 OK")

    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if "data" in self.refuses:
            return self.refuses["data"]
        parsed = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)
        self.mails.append(parsed)
        self.envelopes.append((envelope.mail_from, envelope.rcpt_tos))
        self.secure.append(server.transport.get_extra_info("ssl_object") is not None)
        return "250 OK"

    def knows(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        pairs = {(b"ada", PASSWORD.encode()), ("zoë".encode(), "geheim-ß".encode())}
        known = (given.login, given.password) in pairs
        if known:
            self.users.append(given.login.decode())
        return AuthResult(success=known, handled=False)


Serve = Callable[..., MailServer]


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture(scope="module")
def authority() -> Authority:
    return new_authority()


@pytest.fixture
def serve(inbox: Inbox, authority: Authority, tmp_path: Path) -> Iterator[Serve]:
    """Starts a server of aiosmtpd on this machine."""
    running: list[Controller] = []

    def start(security: MailSecurity = MailSecurity.STARTTLS, name: str = "localhost", **values: Any) -> MailServer:
        context = authority.server(name, tmp_path)
        tls = {
            MailSecurity.STARTTLS: {"tls_context": context, "require_starttls": True},
            MailSecurity.TLS: {},
            MailSecurity.NONE: {},
        }[security]

        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE

        class Server(Controller):
            def factory(self) -> SMTP:
                return SMTP(self.handler, authenticator=inbox.knows, **tls, **values)

            def _trigger_server(self) -> None:
                """Its own way of trying whether it runs would not trust this certificate."""
                with socket.create_connection(("localhost", self.port), timeout=5) as connection:
                    if self.ssl_context is None:
                        connection.recv(1_000)
                        return
                    with unchecked.wrap_socket(connection) as wrapped:
                        wrapped.recv(1_000)

        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        server = Server(
            inbox, hostname="localhost", port=port, ssl_context=context if security is MailSecurity.TLS else None
        )
        server.start()
        running.append(server)
        return MailServer(host="localhost", port=port, security=security)

    yield start
    for one in running:
        one.stop()


@pytest.fixture
def sender(authority: Authority) -> SmtpMailSender:
    return SmtpMailSender(tls=authority.trusted)


@pytest.mark.parametrize("security", list(MailSecurity))
def test_what_is_sent_arrives_as_it_was_written(
    serve: Serve, inbox: Inbox, sender: SmtpMailSender, security: MailSecurity
) -> None:
    sender.send(serve(security), MAIL)
    (mail,) = inbox.mails
    assert mail["Subject"] == MAIL.subject
    assert mail.get_content().replace("\r\n", "\n") == MAIL.text
    assert (mail["From"], mail["To"]) == (MAIL.sender, MAIL.recipient)
    assert mail["Message-ID"] == f"<{MAIL.message_id}>"
    assert mail["Date"].datetime == MAIL.at
    assert mail["Auto-Submitted"] == "auto-generated"
    assert inbox.envelopes == [(MAIL.sender, [MAIL.recipient])]
    assert inbox.secure == [security is not MailSecurity.NONE]


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it means STARTTLS
@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.TLS])
def test_who_has_a_password_signs_in_with_it(
    serve: Serve, inbox: Inbox, sender: SmtpMailSender, security: MailSecurity
) -> None:
    server = serve(security, auth_required=True, auth_require_tls=security is MailSecurity.STARTTLS)
    sender.send(replace(server, user="ada", password=Secret(PASSWORD)), MAIL)
    assert (len(inbox.mails), inbox.users) == (1, ["ada"])


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # it means STARTTLS
def test_names_and_passwords_in_other_scripts_go_as_utf_8(serve: Serve, inbox: Inbox, sender: SmtpMailSender) -> None:
    server = serve(auth_required=True)
    sender.send(replace(server, user="zoë", password=Secret("geheim-ß")), MAIL)
    assert (len(inbox.mails), inbox.users) == (1, ["zoë"])
    with pytest.raises(MailRefusedError, match=r"refuses this user and password \(reply 535 5\.7\.8\)") as raised:
        sender.send(replace(server, user="zoë", password=Secret("falsch-ß")), MAIL)
    assert "falsch" not in raised.value.message
    without = serve(auth_required=True, auth_exclude_mechanism=["PLAIN"])
    with pytest.raises(MailRefusedError, match="offers no sign-in"):
        sender.send(replace(without, user="zoë", password=Secret("geheim-ß")), MAIL)


def test_a_wrong_password_is_refused_and_in_no_error(serve: Serve, inbox: Inbox, sender: SmtpMailSender) -> None:
    server = replace(serve(auth_required=True), user="ada", password=Secret("wrong-" + PASSWORD))
    with pytest.raises(
        MailRefusedError, match=r"localhost refuses this user and password \(reply 535 5\.7\.8\)"
    ) as raised:
        sender.send(server, MAIL)
    assert raised.value.for_good
    assert PASSWORD not in raised.value.message
    assert raised.value.__cause__ is None, "it would hold what the server said"
    assert inbox.mails == []


@pytest.mark.parametrize(
    ("step", "reply", "words"),
    [
        ("mail", "550 Not from you, omnipub@example.com", r"refuses the sender \(reply 550\)"),
        ("rcpt", "550 No such user ada@example.com", r"refuses the recipient \(reply 550\)"),
        ("rcpt", "550 5.1.1 No such user ada@example.com", r"refuses the recipient \(reply 550 5\.1\.1\)"),
        ("rcpt", "550 5.1.1ada@example.com", r"refuses the recipient \(reply 550\)"),
        ("rcpt", "450 Greylisted", r"refuses the recipient \(reply 450\)"),
        ("data", "554 Spam: brennt", r"refuses the message \(reply 554\)"),
        ("data", "451 Later", r"refuses the message \(reply 451\)"),
    ],
)
def test_a_refusal_is_told_by_its_number_and_not_in_the_servers_words(
    serve: Serve, inbox: Inbox, sender: SmtpMailSender, step: str, reply: str, words: str
) -> None:
    inbox.refuses[step] = reply
    with pytest.raises(MailRefusedError, match=words) as raised:
        sender.send(serve(), MAIL)
    assert raised.value.for_good is reply.startswith("5")
    assert "example.com" not in raised.value.message
    assert "brennt" not in raised.value.message


def test_a_server_that_offers_no_encryption_is_told_nothing(serve: Serve, sender: SmtpMailSender, inbox: Inbox) -> None:
    server = replace(serve(MailSecurity.NONE), security=MailSecurity.STARTTLS)
    with pytest.raises(UnreachableError, match="offers no encryption on port"):
        sender.send(server, MAIL)
    assert inbox.mails == []


@pytest.mark.parametrize("security", [MailSecurity.STARTTLS, MailSecurity.TLS])
def test_a_certificate_for_another_name_is_not_trusted(
    serve: Serve, sender: SmtpMailSender, inbox: Inbox, security: MailSecurity
) -> None:
    with pytest.raises(UnreachableError, match="no encryption that can be trusted"):
        sender.send(serve(security, name="other.example"), MAIL)
    assert inbox.mails == []


@pytest.mark.parametrize("host", ["mail.example.com", "192.168.0.7", "10.0.0.1", "fe80::1"])
def test_off_this_machine_nothing_goes_in_the_open(sender: SmtpMailSender, host: str) -> None:
    with pytest.raises(InvalidInputError, match="in the open"):
        sender.send(MailServer(host=host, port=25, security=MailSecurity.NONE), MAIL)


@pytest.mark.parametrize(
    "values",
    [
        {"subject": "Hello\r\nBcc: mallory@example.com"},
        {"subject": "Hello\nBcc: mallory@example.com"},
        {"subject": "Hello\x00"},
        {"subject": "x" * 901},
        {"recipient": "ada@example.com\r\nBcc: mallory@example.com"},
        {"recipient": "ada@example.com, mallory@example.com"},
        {"recipient": "Ada <ada@example.com>"},
        {"recipient": "ada"},
        {"recipient": "@example.com"},
        {"recipient": f"{'x' * 250}@example.com"},
        {"sender": "omnipub@example.com\nX: 1"},
        {"sender": ""},
    ],
)
def test_what_would_begin_another_header_or_name_another_recipient_is_refused(
    serve: Serve, inbox: Inbox, sender: SmtpMailSender, values: dict[str, str]
) -> None:
    with pytest.raises(InvalidInputError) as raised:
        sender.send(serve(), replace(MAIL, **values))
    assert "mallory" not in raised.value.message + raised.value.hint
    assert inbox.mails == []


def test_an_address_in_another_script_goes_where_the_server_takes_it(
    serve: Serve, inbox: Inbox, sender: SmtpMailSender
) -> None:
    mail = replace(MAIL, recipient="jörg@bücher.example")
    sender.send(serve(enable_SMTPUTF8=True), mail)
    assert inbox.envelopes == [(MAIL.sender, ["jörg@xn--bcher-kva.example"])]
    with pytest.raises(MailRefusedError, match="no addresses in other scripts"):
        sender.send(serve(), mail)
    sender.send(serve(), replace(MAIL, recipient="joerg@bücher.example"))
    assert inbox.envelopes[-1] == (MAIL.sender, ["joerg@xn--bcher-kva.example"])


# --- Servers that break off

Play = Callable[[socket.socket], None]
DRIPPING = 0.02


def said(*lines: str, then: Play = lambda _: None) -> Play:
    """Say one line, and one more after each line that is heard; then do something else."""

    def play(connection: socket.socket) -> None:
        heard = connection.makefile("rb", buffering=0)
        for number, line in enumerate(lines):
            if number:
                heard.readline()
            connection.sendall(f"{line}\r\n".encode())
        heard.readline()
        then(connection)

    return play


def swallow(connection: socket.socket) -> None:
    """Take all of the message, and hang up without a word."""
    content = b""
    while not content.endswith(b"\r\n.\r\n"):
        content += connection.recv(65_536)


def drip(connection: socket.socket) -> None:
    """Answer for ever, a byte at a time."""
    with suppress(OSError):
        while True:
            connection.sendall(b"2")
            time.sleep(DRIPPING)


@pytest.fixture
def broken() -> Iterator[Callable[[Play], MailServer]]:
    """Starts a server that plays one scene with whoever calls."""
    listeners: list[socket.socket] = []

    def start(play: Play) -> MailServer:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)

        def meet() -> None:
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    play(connection)

        Thread(target=meet, daemon=True).start()
        return MailServer(host="127.0.0.1", port=listener.getsockname()[1], security=MailSecurity.NONE)

    yield start
    for one in listeners:
        one.close()


GREETING = ("220 Hello", "250 Hello")
TAKING = (*GREETING, "250 OK", "250 OK", "354 Go on")


@pytest.mark.parametrize("lines", [TAKING[:count] for count in range(1, len(TAKING))])
def test_until_the_message_is_written_a_break_means_that_it_was_not_sent(
    broken: Callable[[Play], MailServer], lines: tuple[str, ...]
) -> None:
    with pytest.raises(NotSentError, match=r"127\.0\.0\.1 broke off"):
        SmtpMailSender().send(broken(said(*lines)), MAIL)


def test_once_it_is_written_a_break_means_that_nobody_knows(broken: Callable[[Play], MailServer]) -> None:
    with pytest.raises(NoAnswerError, match="did not say whether it took the mail"):
        SmtpMailSender().send(broken(said(*TAKING, then=swallow)), MAIL)


def test_a_server_that_refuses_everybody_is_told_by_its_number(broken: Callable[[Play], MailServer]) -> None:
    with pytest.raises(MailRefusedError, match=r"refuses connections \(reply 421\)") as raised:
        SmtpMailSender().send(broken(said("421 Too many connections from ada")), MAIL)
    assert not raised.value.for_good


def test_nobody_there_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(UnreachableError, match=f"No mail server answers at localhost on port {port}"):
        SmtpMailSender().send(MailServer(host="localhost", port=port), MAIL)


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_a_step(broken: Callable[[Play], MailServer]) -> None:
    begun = time.monotonic()
    with pytest.raises(NotSentError):
        SmtpMailSender(step=0.3).send(broken(lambda connection: connection.recv(1)), MAIL)  # type: ignore[arg-type, return-value]
    assert time.monotonic() - begun < 8


def test_a_server_that_drips_is_hung_up_on(broken: Callable[[Play], MailServer]) -> None:
    begun = time.monotonic()
    with pytest.raises(NotSentError):
        SmtpMailSender(step=5, total=0.5).send(broken(said(*GREETING, then=drip)), MAIL)
    assert time.monotonic() - begun < 8


def test_what_drips_after_the_message_is_written_is_not_known_either(broken: Callable[[Play], MailServer]) -> None:
    def play(connection: socket.socket) -> None:
        swallow(connection)
        drip(connection)

    with pytest.raises(NoAnswerError):
        SmtpMailSender(step=5, total=0.5).send(broken(said(*TAKING, then=play)), MAIL)


def test_the_context_for_encryption_is_made_when_it_is_needed_and_once(serve: Serve, authority: Authority) -> None:
    made: list[ssl.SSLContext] = []

    def make() -> ssl.SSLContext:
        made.append(authority.trusted())
        return made[-1]

    sender = SmtpMailSender(tls=make)
    assert made == []
    server = serve()
    sender.send(server, MAIL)
    sender.send(server, MAIL)
    assert len(made) == 1
