"""Each channel names a post's id as soon as it knows it, and nothing that follows takes that back."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from omnipub.channels.networks.bluesky import publishing as bluesky
from omnipub.channels.networks.bluesky.channel import Bluesky
from omnipub.channels.networks.bluesky.sessions import Sessions
from omnipub.channels.networks.bluesky.sign_in import signed_in
from omnipub.channels.networks.linkedin import channel as linkedin
from omnipub.channels.networks.telegram import channel as telegram
from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import (
    Account,
    Occasion,
    Published,
    Publishing,
    Request,
    RequestFailedError,
    Response,
    Secret,
)
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.message import Content
from omnipub.ports.http import NoAnswerError, NotSentError
from omnipub.services.protocol.driver import Driver

NOW = datetime(2026, 11, 23, 9, 0, 5, tzinfo=UTC)
DID = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
URI = f"at://{DID}/app.bsky.feed.post/3m2qrrgw222xy"
LOGIN = Response(status=200, body={"accessJwt": "jwt-1", "refreshJwt": "refresh", "did": DID})
READ = Request(method="GET", url="https://net/permalink")


@dataclass(frozen=True)
class Case:
    """An account, the answers up to the one that names the id, and the id."""

    account: Account
    answers: tuple[Response, ...]
    id: str


def account(id_: str, base_url: str, token: str) -> Account:
    return Account(id=id_, base_url=base_url, token=Secret(token))


CASES = {
    "bluesky": Case(
        account(DID, Bluesky.base_url, "abcd-efgh-ijkl-mnop"), (LOGIN, Response(status=200, body={"uri": URI})), URI
    ),
    "facebook": Case(
        account("1784", "https://graph.facebook.com", "page-token"),
        (Response(status=200, body={"id": "1784_2"}),),
        "1784_2",
    ),
    "linkedin": Case(
        account("urn:li:organization:1", "https://api.linkedin.com", "token"),
        (Response(status=201, headers={"x-restli-id": "urn:li:share:7"}),),
        "urn:li:share:7",
    ),
    "telegram": Case(
        account("-1001", "https://api.telegram.org", "123456:" + "A" * 35),
        (Response(status=200, body={"ok": True, "result": {"message_id": 4, "chat": {"id": -1001}}}),),
        "-1001/4",
    ),
    "webhook": Case(account("hook", "https://hook.example/x", "whsec_" + "YWJj" * 8), (Response(status=204),), ""),
}

every_channel = pytest.mark.parametrize("name", sorted(CASES))


@dataclass
class Wire:
    """Answers from a script."""

    answers: list[Response | Exception]
    sent: list[Request] = field(default_factory=list)

    def send(self, request: Request, media: Callable[[str], bytes]) -> Response:
        assert callable(media)
        self.sent.append(request)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


class Clock:
    def now(self) -> datetime:
        return NOW

    def sleep_until(self, moment: datetime) -> None:
        raise AssertionError(moment)


class Notes:
    def note(self, event: str, **facts: Any) -> None:
        pass


def conversation(name: str) -> tuple[Publishing, str]:
    channel, case = CHANNELS[name], CASES[name]
    if name == "bluesky":
        channel = Bluesky()  # with no session of another test
    frozen = channel.render(Content(text="Hello"), Occasion(delivery_key="MSG#1/CHANNEL#x", due_at=NOW))
    return channel.publish(frozen, case.account, lambda: NOW), case.id or frozen["id"]


def published(name: str, talk: Publishing, *answers: Response | Exception) -> Outcome:
    wire = Wire(list(answers))
    driver = Driver(send=wire, media=str.encode, clock=Clock(), journal=Notes(), longest=timedelta(seconds=25))
    outcome = driver.publish(talk, lease_until=NOW + timedelta(seconds=70), secrets=(), ids=CHANNELS[name].post_ids)
    assert wire.answers == []
    return outcome


def test_there_is_a_case_for_every_channel() -> None:
    assert sorted(CASES) == sorted(CHANNELS)


@every_channel
def test_the_id_is_told_before_anything_else_is_done_with_it(name: str) -> None:
    talk, id_ = conversation(name)
    said = next(talk)
    for answer in CASES[name].answers:
        assert isinstance(said, Request)
        said = talk.send(answer)
    assert isinstance(said, Published)
    assert said.network_id == id_


@every_channel
@pytest.mark.parametrize(
    "fate", [NotSentError("No name."), NoAnswerError("Silence."), Response(status=500), Response(status=200)], ids=repr
)
@pytest.mark.parametrize("reads", [True, False])
def test_a_request_that_follows_the_known_id_takes_nothing_back(
    name: str,
    fate: Response | Exception,
    reads: bool,  # noqa: FBT001
) -> None:
    talk, id_ = conversation(name)

    def asking_for_more() -> Publishing:
        said = next(talk)
        while not isinstance(said, Published):
            said = talk.send((yield said))
        yield said
        answer = yield replace(READ, publishes=not reads)
        raise KeyError(answer.status)

    outcome = published(name, asking_for_more(), *CASES[name].answers, fate)
    assert (outcome.ended, outcome.network_id) == (TryEnd.PUBLISHED, id_)


@pytest.mark.parametrize(("name", "module"), [("bluesky", bluesky), ("linkedin", linkedin), ("telegram", telegram)])
def test_a_permalink_that_cannot_be_made_takes_nothing_back(
    name: str, module: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> str:
        raise ValueError("no such address")

    monkeypatch.setattr(module, "permalink", broken)
    talk, id_ = conversation(name)
    outcome = published(name, talk, *CASES[name].answers)
    assert (outcome.ended, outcome.network_id, outcome.permalink) == (TryEnd.PUBLISHED, id_, "")


def test_blueskys_session_hands_on_what_its_conversation_names_and_what_goes_wrong_in_it() -> None:
    heard = []

    def talk() -> Publishing:
        try:
            yield replace(READ, url="https://net/upload")
        except RequestFailedError as error:
            heard.append(error.outcome.sentence)
        yield replace(READ, publishes=True)
        yield Published(network_id=URI)
        yield READ
        return Outcome(ended=TryEnd.PUBLISHED, network_id=URI, permalink="https://bsky.app/1")

    whole = signed_in(Sessions(), talk(), CASES["bluesky"].account, lambda: NOW)
    ok = Response(status=200)
    outcome = published("bluesky", whole, LOGIN, NoAnswerError("Silence."), ok, NoAnswerError("Silence."))
    assert heard == ["Silence."]
    assert (outcome.ended, outcome.network_id, outcome.permalink) == (TryEnd.PUBLISHED, URI, "")
