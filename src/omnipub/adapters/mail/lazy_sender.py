"""Mail that is imported when something is sent: most commands send none."""

from omnipub.ports.mail import Mail, MailSender, MailServer


class LazySmtpMailSender:
    """Fills the port `MailSender` with SMTP, made before the first message."""

    def __init__(self) -> None:
        self._made: MailSender | None = None

    def send(self, server: MailServer, mail: Mail) -> None:
        """Hand one message over, as `SmtpMailSender` does."""
        if self._made is None:
            from omnipub.adapters.mail.smtp import SmtpMailSender

            self._made = SmtpMailSender()
        self._made.send(server, mail)
