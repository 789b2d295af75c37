"""Rounds of notices over a real table: who is told of what, once, whatever fails and whoever else is at it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.config import Settings
from omnipub.domain.conversation import Secret
from omnipub.domain.message import Content
from omnipub.domain.notice import GONE_AFTER, GROWN_EVERY, Notice, Phase
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.errors import UnavailableError
from omnipub.hints import Action, Hint
from omnipub.ports.http import NoAnswerError
from omnipub.services.health.finding import Finding, Health
from omnipub.services.notify.causes import CONSEQUENCES, RULES
from omnipub.services.notify.notices import Notices, RoundReport
from omnipub.storage import keys
from omnipub_cli.framework.hint_commands import WORDS, command
from support.notifier import FakeNotifier
from support.world import OWNER, SeededChance, TestBed, make_bed

FAILED = Finding(name="failed", health=Health.WARN, what="Failed: 1.")
TEXT = "A text that is nobody's business but its readers'"


@dataclass
class Watched:
    """A system, what tells of it, and findings that a test adds."""

    bed: TestBed
    notifier: FakeNotifier
    notices: Notices
    more: list[Finding] = field(default_factory=list)

    def round(self, *, checkup: bool = False, **values: object) -> RoundReport:
        look = (lambda: self.bed.system.checkup.look(OWNER, running=True)) if checkup else (lambda: list(self.more))
        return self.notices.round(look, command, **values)  # type: ignore[arg-type]

    def told(self, target: str = "mail") -> list[tuple[str, Phase]]:
        return self.notifier.told(target)


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    bed = make_bed(tmp_path, Settings(data=str(tmp_path)))
    bed.system.gate.enter()
    notifier = FakeNotifier()
    notices = Notices(
        base=bed.system.base,
        notifier=notifier,
        origin="local, live",
        alarmed=False,
    )
    yield Watched(bed=bed, notifier=notifier, notices=notices)
    bed.close()


def publish(watched: Watched, text: str = TEXT, channel: str = "looked", orders: tuple[str, ...] = ()) -> None:
    watched.bed.network.orders = list(orders)
    watched.bed.system.compose.message(owner=OWNER, content=Content(text=text), channels=[channel])
    watched.bed.run_stream()


def test_where_all_is_well_nobody_is_told(watched: Watched) -> None:
    watched.bed.system.dispatch.tick()
    publish(watched, orders=("ok",))
    assert watched.round(checkup=True) == RoundReport()
    assert watched.notifier.taken == []


def test_one_cause_is_one_notice_however_many_messages_suffer_from_it(watched: Watched) -> None:
    watched.bed.system.dispatch.tick()
    for number in range(3):
        publish(watched, f"number {number}", orders=("reject",))
    assert watched.round(checkup=True) == RoundReport(causes=1, taken=2)
    for _ in range(3):
        assert watched.round(checkup=True).taken == 0
    assert watched.told("mail") == watched.told("slack") == [("failed", Phase.BEGUN)]
    notice = watched.notifier.taken[0][1]
    assert "3" in notice.what
    assert notice.next == "messages stuck"


def test_a_connection_that_needs_its_owner_is_told_with_what_to_type_and_without_anybodys_words(
    watched: Watched,
) -> None:
    watched.bed.system.dispatch.tick()
    publish(watched, orders=("auth",) * 3)
    watched.round(checkup=True)
    assert watched.told() == [("account", Phase.BEGUN)]
    notice = watched.notifier.taken[0][1]
    assert notice.what.startswith("looked (acc-looked) needs its owner (held for it: 1)")
    assert notice.next == f"connections test looked --owner {OWNER}"
    assert TEXT not in repr(watched.notifier.taken)
    assert "token-looked" not in repr(watched.notifier.taken)
    watched.bed.network.orders = []
    watched.bed.system.connecting.connect(
        owner=OWNER, channel="looked", account="acc-looked", token=Secret("new"), title="", base_url=""
    )
    watched.bed.run_stream()
    watched.bed.clock.advance(minutes=1)
    watched.bed.system.dispatch.tick()
    watched.bed.clock.time += GONE_AFTER
    watched.bed.system.dispatch.tick()
    watched.round(checkup=True)
    assert watched.told() == [("account", Phase.BEGUN), ("account", Phase.OVER)]
    watched.round(checkup=True)
    assert watched.notices.all() == []


def test_what_nobody_knows_about_is_told_and_its_end_is(watched: Watched) -> None:
    watched.bed.system.dispatch.tick()
    publish(watched, channel="blind", orders=("no_answer",))
    watched.round(checkup=True)
    assert watched.told() == [("unconfirmed", Phase.BEGUN)]


def test_a_table_that_is_a_copy_is_told_and_not_what_follows_from_it(watched: Watched) -> None:
    watched.bed.system.dispatch.tick()
    at = watched.bed.clock.now() + timedelta(minutes=1)
    watched.bed.system.compose.message(
        owner=OWNER,
        content=Content(text=TEXT),
        channels=["looked"],
        schedule=Schedule(at=at, local=to_text(at), zone="UTC"),
    )
    watched.bed.place.name = "elsewhere"
    watched.bed.clock.advance(minutes=30)
    for _ in range(4):
        watched.bed.clock.advance(minutes=1)
        watched.round(checkup=True)
    assert watched.told() == [("gate", Phase.BEGUN)]
    assert watched.notifier.taken[0][1].next == "table adopt"


def test_a_scheduler_that_is_silent_is_told_once_it_has_been_so_for_a_while(watched: Watched) -> None:
    watched.bed.system.dispatch.tick()
    watched.bed.clock.advance(minutes=4)
    watched.round(checkup=True)
    assert watched.told() == []
    watched.bed.clock.advance(minutes=2)
    watched.round(checkup=True)
    assert watched.told() == [("scheduler", Phase.BEGUN)]


def test_accounts_of_one_network_that_rest_together_are_the_networks_matter(watched: Watched) -> None:
    resting = [
        Finding(name="resting", subject="facebook", health=Health.WARN, what=f"facebook/{number} rests.")
        for number in range(3)
    ]
    watched.more = [*resting[:1], Finding(name="resting", subject="bluesky", health=Health.WARN, what="It rests.")]
    assert watched.round().causes == 0
    watched.more = resting
    assert watched.round().causes == 1
    assert watched.notifier.taken[0][1].what.startswith("facebook refuses or does not answer: 3 accounts rest.")


def test_what_a_network_said_is_not_in_a_notice(watched: Watched) -> None:
    watched.more = [
        Finding(name="account", subject="a/b/c", health=Health.BAD, what=f"It needs its owner: Facebook says: “{TEXT}”")
    ]
    watched.round()
    assert watched.notifier.taken[0][1].what == "It needs its owner."
    (cause,) = watched.notices.all()
    assert TEXT not in cause.what


def test_without_a_target_nothing_is_looked_at_and_the_first_one_is_told_of_what_there_is(watched: Watched) -> None:
    watched.notifier.names = ()

    def never() -> list[Finding]:
        raise AssertionError("nobody would be told")

    assert watched.notices.round(never, command) == RoundReport()
    watched.notifier.names = ("slack",)
    watched.more = [FAILED]
    watched.round()
    assert watched.told("slack") == [("failed", Phase.BEGUN)]
    watched.notifier.names = ("mail", "slack")
    watched.round()
    assert watched.told("mail") == watched.told("slack") == [("failed", Phase.BEGUN)]


def test_one_target_that_fails_keeps_no_other_from_being_told_and_is_tried_again(watched: Watched) -> None:
    watched.more = [FAILED]
    watched.notifier.broken = {"mail"}
    assert watched.round() == RoundReport(causes=1, taken=1, failed=1)
    assert (watched.told("mail"), watched.told("slack")) == ([], [("failed", Phase.BEGUN)])
    assert watched.round() == RoundReport(causes=1), "not before its moment"
    (cause,) = watched.notices.all()
    assert (cause.of("mail").tries, cause.of("mail").sentence) == (1, "mail does not take it.")
    assert [facts["target"] for facts in watched.bed.journal.named("notice_failed")] == ["mail"]
    watched.notifier.broken = set()
    watched.bed.clock.advance(minutes=2)
    assert watched.round().taken == 1
    assert watched.told("mail") == watched.told("slack") == [("failed", Phase.BEGUN)]


def broken(number: int) -> Finding:
    what = f"facebook ({number}) needs its owner."
    return Finding(
        name="account",
        subject=f"ada/facebook/{number}",
        health=Health.BAD,
        what=what,
        next=Hint(action=Action.TEST_ACCOUNT, channel="facebook"),
    )


def test_a_hundred_accounts_that_break_at_once_are_one_notice_and_their_ends_another(watched: Watched) -> None:
    watched.more = [broken(number) for number in range(100)]
    assert watched.round() == RoundReport(causes=100, taken=2)
    assert watched.round().taken == 0
    watched.more = []
    watched.bed.clock.time += GONE_AFTER
    assert watched.round().taken == 2
    assert watched.round() == RoundReport()
    assert watched.notices.all() == []
    begun, over = (one for target, one in watched.notifier.taken if target == "mail")
    assert begun.title == "An account needs its owner (100)"
    lines = begun.what.splitlines()
    assert lines[0] == "- facebook (0) needs its owner. What to do: connections test facebook"
    assert (len(lines), lines[-1]) == (11, "And 90 more.")
    assert begun.next == over.next == ""
    assert over.phase is Phase.OVER
    assert over.what.startswith("These are over; nothing is left to do. They were:\n- facebook (0)")
    assert "What to do" not in over.what


def test_accounts_that_break_one_by_one_are_few_notices(watched: Watched) -> None:
    watched.notifier.names = ("mail",)
    for number in range(30):
        watched.more.append(broken(number))
        watched.round()
        watched.bed.clock.advance(minutes=1)
    told = [one.what.count("needs its owner") for _, one in watched.notifier.taken]
    assert told == [1, 10, 10]


def test_a_notice_of_several_that_is_tried_again_has_the_same_id_and_tells_all(watched: Watched) -> None:
    watched.more = [broken(1), broken(2)]
    watched.notifier.names = ("mail",)
    ids: list[str] = []
    real = watched.notifier.send

    def send(target: str, notice: Notice) -> str:
        ids.append(notice.id)
        if len(ids) == 1:
            raise NoAnswerError("It did not say.")
        return real(target, notice)

    watched.notifier.send = send  # type: ignore[method-assign]
    assert watched.round().failed == 1
    watched.bed.clock.advance(minutes=2)
    assert watched.round().taken == 1
    assert ids[0] == ids[1]
    (notice,) = (one for _, one in watched.notifier.taken)
    assert notice.what.count("needs its owner") == 2


def test_who_does_not_take_a_notice_is_not_tried_again_in_that_round_and_comes_last_in_the_next(
    watched: Watched,
) -> None:
    watched.more = [FAILED, replace(FAILED, name="missed"), broken(1)]
    watched.notifier.broken = {"mail"}
    assert watched.round() == RoundReport(causes=3, taken=3, failed=1)
    watched.notifier.broken = set()
    watched.more.append(replace(FAILED, name="unconfirmed"))
    assert watched.round() == RoundReport(causes=4, taken=4)
    assert [target for target, _ in watched.notifier.taken] == ["slack"] * 4 + ["mail"] * 3
    watched.bed.clock.advance(minutes=2)
    watched.round()
    assert {kind for kind, _ in watched.told()} == {"failed", "missed", "account", "unconfirmed"}


def test_a_notice_that_is_tried_again_has_the_same_id_and_others_have_others(watched: Watched) -> None:
    watched.more = [FAILED]
    ids: list[str] = []
    real = watched.notifier.send

    def send(target: str, notice: Notice) -> str:
        ids.append(notice.id)
        if len(ids) == 1:
            raise NoAnswerError("It did not say.")
        return real(target, notice)

    watched.notifier.send = send  # type: ignore[method-assign]
    watched.notifier.names = ("mail",)
    watched.round()
    watched.bed.clock.advance(minutes=2)
    watched.round()
    watched.more = [replace(FAILED, what="Failed: 2.")]
    watched.bed.clock.time += GONE_AFTER
    watched.more = []
    watched.round()
    assert ids[0] == ids[1]
    assert len(set(ids)) == 2
    assert [one.phase for _, one in watched.notifier.taken] == [Phase.BEGUN, Phase.OVER]


def test_two_rounds_at_once_tell_once(watched: Watched) -> None:
    watched.more = [FAILED]
    other = FakeNotifier()
    beside = replace(watched.notices, base=replace(watched.bed.system.base, chance=SeededChance(2)), notifier=other)
    watched.notifier.meanwhile = lambda: beside.round(lambda: [FAILED], command)
    watched.round()
    watched.notifier.meanwhile = None
    watched.round()
    by_both = {target: watched.told(target) + other.told(target) for target in watched.notifier.names}
    assert by_both == {"mail": [("failed", Phase.BEGUN)], "slack": [("failed", Phase.BEGUN)]}


def test_a_process_that_dies_while_it_tells_leaves_a_notice_that_is_sent_later(watched: Watched) -> None:
    watched.more = [FAILED]

    def die() -> None:
        raise KeyboardInterrupt

    watched.notifier.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        watched.round()
    watched.notifier.meanwhile = None
    watched.bed.clock.advance(minutes=2)
    watched.round()
    assert watched.told("mail") == watched.told("slack") == [("failed", Phase.BEGUN)]


def test_what_comes_to_a_cause_later_is_told_the_next_day(watched: Watched) -> None:
    watched.bed.system.dispatch.tick()
    publish(watched, orders=("reject",))
    watched.round(checkup=True)
    watched.bed.clock.advance(minutes=5)
    publish(watched, "another", orders=("reject",))
    watched.round(checkup=True)
    assert watched.told() == [("failed", Phase.BEGUN)]
    watched.bed.clock.time += GROWN_EVERY
    watched.bed.system.dispatch.tick()
    watched.round(checkup=True)
    watched.round(checkup=True)
    assert watched.told() == [("failed", Phase.BEGUN), ("failed", Phase.GROWN)]


def test_after_its_time_a_round_begins_nothing_and_the_next_one_goes_on(watched: Watched) -> None:
    watched.more = [FAILED]
    until = watched.bed.clock.now() + timedelta(seconds=10)
    watched.notifier.meanwhile = lambda: watched.bed.clock.advance(seconds=11)
    assert watched.round(until=until).taken == 1
    watched.notifier.meanwhile = None
    assert watched.round().taken == 1
    assert watched.told("mail") == watched.told("slack") == [("failed", Phase.BEGUN)]


def test_what_an_alarm_tells_is_left_to_it(watched: Watched) -> None:
    alarmed = replace(watched.notices, alarmed=True)
    for name, rule in RULES.items():
        for _ in range(2):
            alarmed.round(lambda name=name: [Finding(name=name, health=Health.BAD, what="It is.")], command)  # type: ignore[misc]
            watched.bed.clock.advance(minutes=3)
        assert ((name, Phase.BEGUN) in watched.told()) is not bool(rule.alarm), name


def test_every_rule_is_of_a_finding_that_there_is(watched: Watched) -> None:
    found = {one.name for one in watched.bed.system.checkup.look(OWNER, running=True)}
    made_elsewhere = {"network", "storage", "parked", "stream", "disk"}
    assert set(RULES) - made_elsewhere <= found
    assert set(CONSEQUENCES) <= set(RULES)
    assert {name for names in CONSEQUENCES.values() for name in names} <= set(RULES)


def test_the_cause_is_an_item_with_first_last_and_count(watched: Watched) -> None:
    watched.more = [replace(FAILED, count=4)]
    began = watched.bed.clock.now()
    watched.round()
    watched.bed.clock.advance(minutes=3)
    watched.round()
    item = watched.bed.system.world.table.get(keys.cause("failed"))
    assert item is not None
    assert (item["first"], item["last"]) == (to_text(began), to_text(began + timedelta(minutes=3)))
    assert item["count"] == 4
    assert [one["target"] for one in item["told"]] == ["mail", "slack"]


def test_storage_that_is_in_trouble_is_the_callers_to_tell(watched: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise UnavailableError("The table is busy.")

    watched.more = [FAILED]
    monkeypatch.setattr(watched.bed.system.world.table, "put", fail)
    with pytest.raises(UnavailableError):
        watched.round()
    assert watched.notifier.taken == []


def test_every_hint_of_a_notice_can_be_worded() -> None:
    words: Mapping[object, object] = WORDS
    assert all(command(Hint(action=action)) for action in words)  # type: ignore[arg-type]
