"""Connected accounts over a fake world: tested, renewed and disconnected."""

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from omnipub.domain.conversation import Account, Request, Response, Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.outcome import Outcome, TryEnd
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.token_refresh import RefreshAnswer, RefreshFailure
from omnipub.errors import ConflictError, InvalidInputError
from omnipub.names import SEED_OWNER
from omnipub.ports.http import NoAnswerError, NotSentError
from omnipub.services.accounts.check import AccountCheck, CheckResult, CheckVerdict
from omnipub.services.accounts.connect import AccountConnector
from omnipub.services.accounts.refresh_results import renewable
from omnipub.services.messages.read import Viewer
from omnipub.services.protocol.driver import Driver
from omnipub.storage import keys
from omnipub.storage.items import Connection, ConnectionStatus
from support.world import OWNER, START, FakeChannel, TestBed

NEEDS = {"refresh_token": Secret("refresh-me")}


class Askable(FakeChannel):
    """A network that says what becomes of tokens."""

    renewal_needs = ("refresh_token",)

    def check(self, account: Account) -> Generator[Request, Response, Outcome]:
        answer = yield Request(method="GET", url=f"{account.base_url}/me", headers={"Authorization": account.token})
        kinds = {200: TryEnd.PUBLISHED, 401: TryEnd.AUTH, 403: TryEnd.REJECTED, 429: TryEnd.THROTTLED}
        return Outcome(ended=kinds[answer.status], sentence=f"It said {answer.status}.")

    def renew(self, account: Account, credentials: Mapping[str, Secret]) -> Generator[Request, Response, RefreshAnswer]:
        answer = yield Request(method="POST", url=f"{account.base_url}/token", form=credentials)
        if answer.status != 200:
            return RefreshAnswer(outcome=Outcome(ended=TryEnd.AUTH, sentence="No."))
        return RefreshAnswer(
            outcome=Outcome(ended=TryEnd.PUBLISHED, sentence="Here it is."),
            token=Secret(answer.body["token"]),
            lasts=timedelta(days=60),
            credentials={"refresh_token": Secret("refresh-me-next")},
        )


@dataclass
class Answers:
    """The `Send` port with answers written down beforehand."""

    script: list[Any] = field(default_factory=list)
    asked: list[Request] = field(default_factory=list)

    def send(self, request: Request, media: object) -> Response:  # noqa: ARG002
        self.asked.append(request)
        answer = self.script.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer if isinstance(answer, Response) else Response(status=answer)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """What looks after the accounts, over a network that answers as told."""

    bed: TestBed
    answers: Answers
    asking: AccountCheck
    connecting: AccountConnector

    def connection(self, channel: str = "looked") -> Connection:
        found = self.bed.system.accounts.find(OWNER, channel)
        assert found is not None
        return found

    def test(self, *script: Any, channel: str = "looked") -> CheckResult:
        self.answers.script = list(script)
        return self.asking.test(self.connection(channel))

    def refresh(self, *script: Any) -> CheckResult:
        self.answers.script = list(script)
        return self.connecting.refresh(self.connection())

    def with_credentials(self) -> Connection:
        return self.connecting.connect(
            owner=OWNER, channel="looked", account="acc-looked", token=Secret("old"), credentials=NEEDS
        )

    def held(self) -> str:
        """A message whose delivery is held, as its account needs its owner."""
        self.bed.system.accounts.hold(self.connection(), reason="The token expired.")
        made = self.bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked"])
        self.bed.run_stream()
        return made.id

    def status(self, message: str) -> Status:
        parent = Parent(kind=ParentKind.MESSAGE, id=message)
        (delivery,) = self.bed.system.showing.one(parent, Viewer(owner=OWNER)).deliveries
        return delivery.status


@pytest.fixture
def desk(bed: TestBed) -> Desk:
    answers = Answers()
    channels = {
        "looked": Askable("looked", ReconcileMethod.LOOK_UP),
        "blind": FakeChannel("blind", ReconcileMethod.NONE),
    }
    driver = Driver(
        send=answers,
        media=lambda key: b"",  # noqa: ARG005
        clock=bed.clock,
        journal=bed.journal,
        longest=timedelta(seconds=25),
    )
    asking = replace(bed.system.asking, driver=driver, channels=channels)
    token_refresh = replace(bed.system.connecting.token_refresh, driver=driver, channels=channels)
    connecting = replace(bed.system.connecting, asking=asking, token_refresh=token_refresh, channels=channels)
    return Desk(bed=bed, answers=answers, asking=asking, connecting=connecting)


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        (200, CheckVerdict.OK),
        (401, CheckVerdict.EXPIRED),
        (403, CheckVerdict.NOT_ALLOWED),
        (429, CheckVerdict.UNREACHABLE),
        (NotSentError("Nobody answers there."), CheckVerdict.UNREACHABLE),
        (NoAnswerError("No answer came in time."), CheckVerdict.UNREACHABLE),
    ],
)
def test_a_test_says_what_the_network_says_and_changes_nothing(desk: Desk, answer: Any, verdict: CheckVerdict) -> None:
    before = desk.connection()
    tested = desk.test(answer)
    assert tested.verdict is verdict
    assert tested.sentence
    assert desk.connection() == before


def test_what_cannot_be_asked_is_said_to_be_so_and_nothing_is_sent(desk: Desk) -> None:
    tested = desk.test(channel="blind")
    assert tested.verdict is CheckVerdict.UNTESTABLE
    assert desk.answers.asked == []


def test_a_token_that_no_longer_opens_counts_as_expired_and_is_not_asked_about(desk: Desk) -> None:
    connection = replace(desk.connection(), sealed="v1.AAAA")
    assert desk.asking.test(connection).verdict is CheckVerdict.EXPIRED
    assert desk.answers.asked == []


def test_a_refresh_of_an_account_that_works_again_lets_what_was_held_go_on(desk: Desk) -> None:
    message = desk.held()
    assert desk.status(message) is Status.HELD
    refreshed = desk.refresh(200)
    assert (refreshed.verdict, refreshed.renewed, refreshed.released) == (CheckVerdict.OK, False, 1)
    assert desk.connection().standing is ConnectionStatus.ACTIVE
    desk.bed.run_stream()
    assert desk.status(message) is Status.PUBLISHED


def test_a_refresh_of_an_account_that_still_does_not_work_changes_nothing(desk: Desk) -> None:
    message = desk.held()
    before = desk.connection()
    assert desk.refresh(401).verdict is CheckVerdict.EXPIRED
    assert desk.connection() == before
    assert desk.status(message) is Status.HELD


def test_a_refresh_stores_the_new_token_and_what_the_next_one_needs(desk: Desk) -> None:
    desk.with_credentials()
    for number, sent in ((1, "refresh-me"), (2, "refresh-me-next")):
        refreshed = desk.refresh(Response(status=200, body={"token": f"new-{number}"}))
        assert refreshed.renewed
        form = desk.answers.asked[-1].form
        assert form == {"refresh_token": Secret(sent)}
        assert desk.bed.system.accounts.open(desk.connection()).token == Secret(f"new-{number}")
        assert desk.connection().refresh_at == START + timedelta(days=60)


def test_a_renewed_token_lets_what_was_held_go_on(desk: Desk) -> None:
    desk.with_credentials()
    message = desk.held()
    assert desk.refresh(Response(status=200, body={"token": "new"})).released == 1
    desk.bed.run_stream()
    assert desk.status(message) is Status.PUBLISHED
    assert desk.bed.network.tokens == ["new"]


def test_a_refused_renewal_leaves_the_old_token(desk: Desk) -> None:
    desk.with_credentials()
    before = desk.connection()
    assert desk.refresh(400).verdict is CheckVerdict.EXPIRED
    after = desk.connection()
    assert (after.sealed, after.settings, after.standing) == (before.sealed, before.settings, before.standing)
    assert after.renewal_failed == RefreshFailure(at=START, sentence="No.", for_good=True)


def test_a_renewal_that_loses_to_a_new_connection_is_discarded(desk: Desk) -> None:
    stale = desk.with_credentials()
    desk.bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("by-hand"))
    desk.answers.script = [Response(status=200, body={"token": "late"})]
    with pytest.raises(ConflictError):
        desk.connecting.refresh(stale)
    connection = desk.connection()
    assert desk.bed.system.accounts.open(connection).token == Secret("by-hand")
    assert not renewable(connection)


def test_credentials_are_sealed_and_bound_to_their_account(desk: Desk) -> None:
    desk.with_credentials()
    item = desk.bed.system.world.table.get(keys.connection(OWNER, "looked"))
    assert "refresh-me" not in repr(item)
    elsewhere = replace(desk.connection(), account="another")
    assert desk.connecting.refresh(elsewhere).verdict is CheckVerdict.EXPIRED


@pytest.mark.parametrize(("channel", "given"), [("blind", NEEDS), ("looked", {"password": Secret("x")})])
def test_credentials_that_a_network_does_not_take_are_refused(
    desk: Desk, channel: str, given: dict[str, Secret]
) -> None:
    before = desk.connection(channel)
    with pytest.raises(InvalidInputError):
        desk.connecting.connect(
            owner=OWNER, channel=channel, account=f"acc-{channel}", token=Secret("t"), credentials=given
        )
    assert desk.connection(channel) == before


def test_the_end_of_a_token_is_noted_and_found_by_its_moment(desk: Desk) -> None:
    ends = START + timedelta(days=10)
    made = desk.connecting.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("t"), ends_at=ends)
    assert desk.connection() == made
    item = desk.bed.system.world.table.get(keys.connection(OWNER, "looked"))
    assert item is not None
    assert item["GSI1PK"] == keys.by_refresh(0)


def test_a_disconnected_account_is_gone_with_its_marker_and_may_come_back_under_another_name(desk: Desk) -> None:
    desk.connecting.disconnect(desk.connection())
    assert desk.bed.system.accounts.find(OWNER, "looked") is None
    again = desk.bed.system.accounts.connect(
        owner=OWNER, channel="looked:renamed", account="acc-looked", token=Secret("t")
    )
    assert again.channel == "looked:renamed"


def test_what_is_scheduled_for_a_disconnected_account_is_held_and_goes_on_when_it_is_back(desk: Desk) -> None:
    bed = desk.bed
    made = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked"])
    desk.connecting.disconnect(desk.connection())
    bed.run_stream()
    assert desk.status(made.id) is Status.HELD
    bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("t"))
    bed.run_stream()
    assert desk.status(made.id) is Status.PUBLISHED


def test_an_account_that_was_connected_anew_meanwhile_is_not_disconnected(desk: Desk) -> None:
    stale = desk.connection()
    desk.bed.system.accounts.connect(owner=OWNER, channel="looked", account="acc-looked", token=Secret("new"))
    with pytest.raises(ConflictError):
        desk.connecting.disconnect(stale)
    assert desk.bed.system.accounts.open(desk.connection()).token == Secret("new")


def test_the_owner_of_invented_messages_never_gets_an_account(desk: Desk) -> None:
    with pytest.raises(InvalidInputError, match="never has an account"):
        desk.connecting.connect(owner=SEED_OWNER, channel="looked", account="acc-seed", token=Secret("t"))
    assert desk.bed.system.accounts.find(SEED_OWNER, "looked") is None


def test_disconnecting_what_is_gone_already_is_no_error(desk: Desk) -> None:
    stale = desk.connection()
    desk.connecting.disconnect(stale)
    desk.connecting.disconnect(stale)


def test_a_backlog_counts_by_account_and_says_when_there_is_more(desk: Desk) -> None:
    bed = desk.bed
    for number in range(3):
        bed.system.compose.message(owner=OWNER, content=Content(text=f"Text {number}"), channels=["looked", "blind"])
    whole = bed.system.backlog.of(Status.SCHEDULED, at_most=6)
    assert whole.by_account() == {("looked", "acc-looked"): 3, ("blind", "acc-blind"): 3}
    assert (whole.complete, whole.counted, whole.by_account("somebody else")) == (True, "6", {})
    part = bed.system.backlog.of(Status.SCHEDULED, at_most=5)
    assert (len(part), part.complete, part.counted) == (5, False, "5 or more")
