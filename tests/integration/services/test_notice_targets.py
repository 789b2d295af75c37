"""Targets of notices: sealed in the table, told over mail and HTTP, and secret wherever somebody could look."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from omnipub.adapters.http.client import HttpClient
from omnipub.domain.conversation import Request, Response, Secret
from omnipub.domain.notice import Notice, Phase
from omnipub.errors import InvalidInputError, NotFoundError, SealBrokenError, UnavailableError
from omnipub.ports.http import NotSentError
from omnipub.ports.mail import Mail, MailSecurity, MailServer
from omnipub.ports.notifier import NoticeRefusedError
from omnipub.services.notify.notice_text import text_of, title_of
from omnipub.services.notify.stored_targets_notifier import StoredTargetsNotifier
from omnipub.services.notify.targets import MOST, NoticeTargets
from omnipub.storage import access, keys
from omnipub.storage.items import key_of
from omnipub.storage.kinds import SECRETS, value_of, without_secrets
from support.world import TestBed, make_bed

PASSWORD = "very-secret-password"
HOOK = "https://hooks.slack.com/services/T00/B00/very-secret-path"
RECIPIENT = "ada.lovelace@example.com"
SERVER = MailServer(host="smtp.example.com", port=587, user="omnipub", password=Secret(PASSWORD))
NOTICE = Notice(
    id="0123456789abcdef",
    phase=Phase.BEGUN,
    kind="failed",
    title="Deliveries failed",
    what="Failed, and waiting: 3 <of them> & more.",
    next="omnipub messages stuck",
    at=datetime(2026, 12, 1, 9, 5, tzinfo=UTC),
    first=datetime(2026, 12, 1, 9, 0, tzinfo=UTC),
    origin="local, live",
)


@dataclass
class FakeMail:
    sent: list[tuple[MailServer, Mail]] = field(default_factory=list)

    def send(self, server: MailServer, mail: Mail) -> None:
        self.sent.append((server, mail))


@dataclass
class FakeHttp:
    status: int = 200
    body: Any = "ok"
    sent: list[Request] = field(default_factory=list)

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        assert callable(media)
        self.sent.append(request)
        return Response(status=self.status, body=self.body)


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[TestBed]:
    made = make_bed(tmp_path)
    yield made
    made.close()


@pytest.fixture
def targets(bed: TestBed) -> NoticeTargets:
    return bed.system.notice_targets


@pytest.fixture
def mail() -> FakeMail:
    return FakeMail()


@pytest.fixture
def http() -> FakeHttp:
    return FakeHttp()


@pytest.fixture
def notifier(targets: NoticeTargets, mail: FakeMail, http: FakeHttp) -> StoredTargetsNotifier:
    return StoredTargetsNotifier(stored=targets, mail=mail, http=http)


def set_all(targets: NoticeTargets) -> None:
    targets.set_mail("mail:ops", SERVER, sender="omnipub@example.com", recipient=RECIPIENT)
    targets.set_url("slack", HOOK)
    targets.set_url("webhook", "https://ops.example.com/in?key=very-secret-query")


def test_what_is_secret_of_a_target_stands_nowhere_in_the_table(bed: TestBed, targets: NoticeTargets) -> None:
    set_all(targets)
    everything = json.dumps(list(access.everything(bed.system.world.table)), default=str)
    for secret in (PASSWORD, RECIPIENT, "lovelace", "T00", "very-secret", "omnipub@example.com"):
        assert secret not in everything
    assert [one.shown for one in targets.all()] == [
        "a…@example.com by smtp.example.com:587 (starttls)",
        "https://hooks.slack.com",
        "https://ops.example.com",
    ]


def test_an_export_leaves_the_seals_out_and_what_an_import_brings_must_be_set_again(
    bed: TestBed, targets: NoticeTargets, notifier: StoredTargetsNotifier
) -> None:
    set_all(targets)
    assert len(targets.all()) == 3
    for target in targets.all():
        item = bed.system.world.table.get(keys.notice_target(target.name))
        assert item is not None
        assert SECRETS & set(item)
        exported = without_secrets(item)
        assert not SECRETS & set(exported)
        assert value_of(exported) == exported
        bed.system.world.table.put(exported)
    for target in targets.all():
        with pytest.raises(NotFoundError, match="did not come with the import"):
            notifier.send(target.name, NOTICE)


def test_a_seal_opens_for_its_own_target_alone(bed: TestBed, targets: NoticeTargets) -> None:
    set_all(targets)
    slack = bed.system.world.table.get(keys.notice_target("slack"))
    assert slack is not None
    moved = slack | {"SK": "slack:other", "name": "slack:other"}
    bed.system.world.table.put(moved)
    with pytest.raises(SealBrokenError):
        targets.opened(targets.find("slack:other"))


def test_mail_goes_over_the_server_that_was_set(
    targets: NoticeTargets, notifier: StoredTargetsNotifier, mail: FakeMail
) -> None:
    set_all(targets)
    notifier.send("mail:ops", NOTICE)
    ((server, sent),) = mail.sent
    assert server == SERVER
    assert (sent.sender, sent.recipient) == ("omnipub@example.com", RECIPIENT)
    assert sent.subject == "Deliveries failed [omnipub local, live]"
    assert sent.message_id == "0123456789abcdef@example.com"
    assert "What to do: omnipub messages stuck" in sent.text
    assert NOTICE.what in sent.text


def test_slack_is_told_in_its_own_form_with_its_signs_escaped(
    targets: NoticeTargets, notifier: StoredTargetsNotifier, http: FakeHttp
) -> None:
    set_all(targets)
    notifier.send("slack", NOTICE)
    (request,) = http.sent
    assert (request.method, request.url, request.user_given, request.publishes) == ("POST", HOOK, True, False)
    assert list(request.json) == ["text"]
    assert "3 &lt;of them&gt; &amp; more" in request.json["text"]
    assert request.json["text"].startswith("*Deliveries failed [omnipub local, live]*\n")


def test_a_webhook_is_told_in_fields_and_its_id_stays(
    targets: NoticeTargets, notifier: StoredTargetsNotifier, http: FakeHttp
) -> None:
    set_all(targets)
    notifier.send("webhook", NOTICE)
    (request,) = http.sent
    assert request.headers["webhook-id"] == request.json["id"] == NOTICE.id
    assert request.json == {
        "type": "omnipub.notice",
        "id": NOTICE.id,
        "phase": "begun",
        "kind": "failed",
        "title": "Deliveries failed",
        "what": NOTICE.what,
        "next": "omnipub messages stuck",
        "at": "2026-12-01T09:05:00.000Z",
        "first": "2026-12-01T09:00:00.000Z",
        "origin": "local, live",
    }


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (301, "points to another address"),
        (403, "does not let it in"),
        (404, "knows the address no more: set it again"),
        (410, "knows the address no more: set it again"),
        (429, "asks to slow down"),
        (500, "failed while it had the notice"),
        (418, "does not take it"),
    ],
)
def test_who_does_not_take_it_is_named_by_its_host_alone(
    targets: NoticeTargets, notifier: StoredTargetsNotifier, http: FakeHttp, status: int, words: str
) -> None:
    set_all(targets)
    http.status = status
    with pytest.raises(NoticeRefusedError, match=words) as raised:
        notifier.send("slack", NOTICE)
    assert f"https://hooks.slack.com {words}" in raised.value.message
    assert str(status) in raised.value.message
    assert "T00" not in raised.value.message


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("ok", "HTTP 200: ok"),
        ("", "HTTP 200"),
        (None, "HTTP 200"),
        ({"error": "no team"}, 'HTTP 200: {"error": "no team"}'),
        ("a\x1b[31mb\r\nc", "HTTP 200: a [31mb c"),
        (f"posted to {HOOK}", "HTTP 200: posted to https://hooks.slack.com***"),
        ("x " * 5_000, f"HTTP 200: {('x ' * 60)[:119]}…"),
    ],
)
def test_what_a_target_answered_is_shown_on_one_line_without_its_secrets(
    targets: NoticeTargets, notifier: StoredTargetsNotifier, http: FakeHttp, body: Any, shown: str
) -> None:
    set_all(targets)
    http.body = body
    assert notifier.send("slack", NOTICE) == shown
    http.status = 404
    with pytest.raises(NoticeRefusedError) as raised:
        notifier.send("slack", NOTICE)
    assert raised.value.answer == shown.replace("200", "404", 1)
    assert "no team" not in raised.value.message


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/in", "https://169.254.169.254/latest", "https://10.0.0.7/in", "https://localhost:8443/x"]
)
def test_no_webhook_leads_into_a_network_of_ours(targets: NoticeTargets, mail: FakeMail, url: str) -> None:
    targets.set_url("webhook", url)
    with pytest.raises(NotSentError, match="not an address on the public internet"):
        StoredTargetsNotifier(stored=targets, mail=mail, http=HttpClient()).send("webhook", NOTICE)


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("webhook", "http://ops.example.com/in"),
        ("webhook", "ops.example.com/secret"),
        ("slack", "https://ada:secret@hooks.slack.com/services/1"),
        ("slack", "ftp://hooks.slack.com/secret"),
        ("slack", "https://hooks.slack.com/se cret"),
        ("mail", "https://hooks.slack.com/secret"),
        ("pager", "https://hooks.slack.com/secret"),
    ],
)
def test_an_address_that_is_none_is_refused_and_not_quoted(targets: NoticeTargets, name: str, url: str) -> None:
    with pytest.raises(InvalidInputError) as raised:
        targets.set_url(name, url)
    assert "secret" not in raised.value.message + raised.value.hint
    assert targets.all() == []


@pytest.mark.parametrize(
    ("name", "sender", "recipient"),
    [
        ("slack", "a@example.com", RECIPIENT),
        ("mail", "nobody", RECIPIENT),
        ("mail", "a@example.com", "b@example.com\nBcc: c@example.com"),
    ],
)
def test_mail_needs_addresses(targets: NoticeTargets, name: str, sender: str, recipient: str) -> None:
    with pytest.raises(InvalidInputError):
        targets.set_mail(name, SERVER, sender=sender, recipient=recipient)
    assert targets.all() == []


def test_what_is_set_again_is_replaced_and_what_is_removed_is_gone(
    targets: NoticeTargets, notifier: StoredTargetsNotifier, http: FakeHttp
) -> None:
    set_all(targets)
    targets.set_url("slack", "https://hooks.slack.com/services/T00/B00/another")
    assert len(targets.all()) == 3
    notifier.send("slack", NOTICE)
    assert http.sent[0].url.endswith("/another")
    targets.remove("slack")
    assert notifier.targets() == ("mail:ops", "webhook")
    with pytest.raises(NotFoundError):
        targets.remove("slack")
    with pytest.raises(NotFoundError):
        notifier.send("slack", NOTICE)


def test_there_are_not_more_targets_than_a_round_can_tell(targets: NoticeTargets) -> None:
    for number in range(MOST):
        targets.set_url(f"webhook:{number}", HOOK)
    with pytest.raises(InvalidInputError, match="as many as may be"):
        targets.set_url("webhook", HOOK)
    targets.set_url("webhook:0", HOOK)


def test_while_the_table_does_not_answer_the_targets_are_remembered(
    bed: TestBed,
    targets: NoticeTargets,
    notifier: StoredTargetsNotifier,
    http: FakeHttp,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    set_all(targets)
    assert len(notifier.targets()) == 3

    def fail(*_: object, **__: object) -> Any:
        raise UnavailableError("The disk is full.")

    monkeypatch.setattr(bed.system.world.table, "get", fail)
    notifier.send("slack", NOTICE)
    assert len(http.sent) == 1
    with pytest.raises(UnavailableError):
        StoredTargetsNotifier(stored=targets, mail=FakeMail(), http=http).send("slack", NOTICE)


@pytest.mark.parametrize(("phase", "lead"), [(Phase.GROWN, "Still: "), (Phase.OVER, "Over: "), (Phase.TEST, "")])
def test_a_title_says_what_the_notice_says_of_its_cause(phase: Phase, lead: str) -> None:
    assert title_of(replace(NOTICE, phase=phase)) == f"{lead}Deliveries failed [omnipub local, live]"
    assert "What to do" not in text_of(replace(NOTICE, next=""))


def test_verify_finds_a_target_or_a_cause_that_cannot_be_read(bed: TestBed, targets: NoticeTargets) -> None:
    set_all(targets)
    for key in (keys.notice_target("slack"), keys.cause("failed")):
        item = bed.system.world.table.get(key) or {"PK": key.pk, "SK": key.sk, "name": "failed"}
        assert key_of(item) == key
        with pytest.raises(ValueError, match="cannot be read"):
            value_of({name: value for name, value in item.items() if name not in {"set_at", "first"}})


def test_mail_without_encryption_is_for_this_machine_alone(targets: NoticeTargets) -> None:
    near = MailServer(host="127.0.0.1", port=25, security=MailSecurity.NONE)
    assert targets.set_mail("mail", near, sender="a@example.com", recipient=RECIPIENT).shown.endswith(
        "127.0.0.1:25 (none)"
    )
    with pytest.raises(InvalidInputError, match="in the open"):
        MailServer(host="smtp.example.com", port=25, security=MailSecurity.NONE)
