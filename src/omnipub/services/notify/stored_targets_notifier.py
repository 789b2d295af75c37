"""Send a notice to a target of this table: by mail, to a webhook, or to Slack. It fills the port `Notifier`."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.notice import Notice
from omnipub.domain.notice_target import NoticeTarget, TargetKind
from omnipub.domain.redaction import Redaction
from omnipub.domain.secret_urls import place, secrets_in
from omnipub.domain.timestamps import to_text
from omnipub.errors import UnavailableError
from omnipub.ports.http import HttpSender
from omnipub.ports.mail import Mail, MailSecurity, MailSender, MailServer
from omnipub.ports.notifier import NoticeRefusedError
from omnipub.services.notify.notice_text import text_of, title_of
from omnipub.services.notify.targets import NoticeTargets, Settings

TYPE = "omnipub.notice"
"""The `type` in a webhook's body."""

SECONDS = 15.0
"""How long one request may take."""

ANSWER_AT_MOST, ANSWER_READ = 120, 1_000
"""Characters of an answer's words: so many are shown, and of so many they are taken."""

MAIL_TAKEN = "reply 250"
"""What every mail server says that has taken a message."""

_MEANINGS: Mapping[int, str] = MappingProxyType(
    dict.fromkeys((404, 410), "knows the address no more: set it again with a new one")
    | dict.fromkeys((401, 403), "does not let it in")
    | {413: "finds it too large", 429: "asks to slow down"}
    | dict.fromkeys(range(300, 400), "points to another address, and redirects are not followed")
    | dict.fromkeys(range(500, 600), "failed while it had the notice")
)
"""Status of an answer → what it means."""


@dataclass(kw_only=True)
class StoredTargetsNotifier:
    """Tells the targets that stand in the table.

    It remembers them: when storage is in trouble, that itself must be told.
    """

    stored: NoticeTargets
    mail: MailSender
    http: HttpSender
    remembered: Mapping[str, NoticeTarget] = field(default_factory=dict)

    def targets(self) -> Sequence[str]:
        """Their names."""
        self.remembered = {one.name: one for one in self.stored.all()}
        return tuple(self.remembered)

    def send(self, target: str, notice: Notice) -> str:
        """Send one notice to one target; what it answered."""
        try:
            known = self.stored.find(target)
        except UnavailableError:
            if target not in self.remembered:
                raise
            known = self.remembered[target]
        settings = self.stored.opened(known)
        if known.kind is TargetKind.MAIL:
            self.mail.send(_server(settings), _mail(settings, notice))
            return MAIL_TAKEN
        url = settings["url"]
        request = Request(
            method="POST",
            url=url,
            headers=_headers(notice),
            json=_slack(notice) if known.kind is TargetKind.SLACK else _webhook(notice),
            secrets=secrets_in(url),
            user_given=True,
            total_timeout=SECONDS,
        )
        response = self.http.send(request, _no_media)
        status, answer = response.status, _answer(response, request)
        if not 200 <= status < 300:  # noqa: PLR2004  what HTTP calls success
            meaning = _MEANINGS.get(status, "does not take it")
            raise NoticeRefusedError(f"{place(url)} {meaning} (HTTP {status}).", answer=answer)
        return answer


def _answer(response: Response, request: Request) -> str:
    """The answer's number and the beginning of its words."""
    body = response.body if isinstance(response.body, str) else json.dumps(response.body or "")
    line = " ".join("".join(one if one.isprintable() else " " for one in body[:ANSWER_READ]).split())
    words = Redaction(request.secrets).words(line)
    shown = words if len(words) <= ANSWER_AT_MOST else f"{words[: ANSWER_AT_MOST - 1]}…"
    return f"HTTP {response.status}: {shown}" if shown.strip('"') else f"HTTP {response.status}"


def _mail(settings: Settings, notice: Notice) -> Mail:
    return Mail(
        sender=settings["sender"],
        recipient=settings["recipient"],
        subject=title_of(notice),
        text=text_of(notice),
        message_id=f"{notice.id}@{settings['sender'].rpartition('@')[2]}",
        at=notice.at,
    )


def _server(settings: Settings) -> MailServer:
    return MailServer(
        host=settings["host"],
        port=int(settings["port"]),
        security=MailSecurity(settings["security"]),
        user=settings["user"],
        password=Secret(settings["password"]) if settings["password"] else None,
    )


def _headers(notice: Notice) -> Mapping[str, str]:
    """Whoever gets a notice twice knows it by `webhook-id`, as Standard Webhooks names it."""
    return {"webhook-id": notice.id, "webhook-timestamp": str(int(notice.at.timestamp()))}


def _webhook(notice: Notice) -> Mapping[str, str | None]:
    return {
        "type": TYPE,
        "id": notice.id,
        "phase": notice.phase.value,
        "kind": notice.kind,
        "title": notice.title,
        "what": notice.what,
        "next": notice.next or None,
        "at": to_text(notice.at),
        "first": to_text(notice.first) if notice.first else None,
        "origin": notice.origin,
    }


def _slack(notice: Notice) -> Mapping[str, str]:
    return {"text": f"*{_escaped(title_of(notice))}*\n{_escaped(text_of(notice)).rstrip()}"}


def _escaped(text: str) -> str:
    """Slack reads these three as the beginnings of links, names and signs."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _no_media(_: str) -> bytes:
    raise AssertionError("a notice has no media")
