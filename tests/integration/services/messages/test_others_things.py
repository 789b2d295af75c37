"""What one owner learns of another's things: nothing but that something is taken."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from omnipub.domain.certification import Certification
from omnipub.domain.conversation import Secret
from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.errors import ConflictError, NotFoundError
from omnipub.hints import Action, Hint, SubjectGroup
from omnipub.services.messages.read import Viewer
from support.world import OWNER, START, TestBed, make_bed

OTHER = "owner-2"
NOW = Schedule(at=START, local=to_text(START).removesuffix("Z"), zone="UTC")
EARNED = Certification(
    id="",
    owner=OWNER,
    created_at=START,
    member="Ada Lovelace",
    type="solutions-architect-associate",
    earned_on=date(2026, 11, 20),
    channels=("looked",),
    schedule=NOW,
)


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[TestBed]:
    """A system on which two owners share each account."""
    bed = make_bed(tmp_path)
    for name in ("looked", "blind"):
        bed.system.accounts.connect(owner=OTHER, channel=name, account=f"acc-{name}", token=Secret("token-2"))
    yield bed
    bed.close()


def test_a_certification_is_announced_once_and_who_did_it_is_not_told(bed: TestBed) -> None:
    made = bed.system.announce.certification(draft=EARNED)
    with pytest.raises(ConflictError) as own:
        bed.system.announce.certification(draft=EARNED)
    assert own.value.hints == (Hint(action=Action.SHOW, when="See it", group=SubjectGroup.CERTIFICATION, id=made.id),)
    with pytest.raises(ConflictError, match="announced before, by somebody else") as others:
        bed.system.announce.certification(draft=replace(EARNED, owner=OTHER))
    said = f"{others.value.message} {others.value.hints}"
    assert made.id not in said
    assert OWNER not in said


def test_anothers_certification_and_message_are_not_there(bed: TestBed) -> None:
    certification = bed.system.announce.certification(draft=EARNED)
    message = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked"])
    for parent in (
        Parent(kind=ParentKind.CERTIFICATION, id=certification.id),
        Parent(kind=ParentKind.MESSAGE, id=message.id),
    ):
        with pytest.raises(NotFoundError) as refused:
            bed.system.showing.one(parent, Viewer(owner=OTHER))
        assert OWNER not in f"{refused.value.message} {refused.value.hints}"


def waiting(bed: TestBed, first: str, second: str) -> tuple[str, str]:
    """Two messages with the same text on one account, the first unresolved; its id, and what the second says."""
    bed.network.orders = ["no_answer"]
    earlier = bed.system.compose.message(owner=first, content=Content(text="Hello"), channels=["looked"])
    bed.run_stream()
    later = bed.system.compose.message(owner=second, content=Content(text="Hello"), channels=["looked"])
    bed.run_stream()
    (delivery,) = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=later.id), Viewer(owner=second)).deliveries
    assert delivery.status is Status.SCHEDULED
    assert delivery.reason is not None
    return earlier.id, delivery.reason.sentence


def test_who_waits_for_an_own_message_is_told_which(bed: TestBed) -> None:
    earlier, sentence = waiting(bed, OWNER, OWNER)
    assert earlier in sentence


def test_who_waits_for_anothers_message_is_told_that_and_not_which(bed: TestBed) -> None:
    earlier, sentence = waiting(bed, OWNER, OTHER)
    assert sentence == "It waits: another message says the same on this account and is not resolved."
    assert earlier not in sentence


def test_a_post_that_belongs_to_anothers_delivery_is_taken_and_no_more_is_told(bed: TestBed) -> None:
    first = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["blind"])
    bed.run_stream()
    bed.network.orders = ["no_answer"]
    second = bed.system.compose.message(owner=OTHER, content=Content(text="Hello again"), channels=["blind"])
    bed.run_stream()
    bed.pass_time(bed.clock.now() + timedelta(minutes=2))
    (published,) = bed.system.showing.one(Parent(kind=ParentKind.MESSAGE, id=first.id), Viewer(owner=OWNER)).deliveries
    parent = Parent(kind=ParentKind.MESSAGE, id=second.id)
    with pytest.raises(ConflictError) as refused:
        bed.system.operate.mark_published(parent, Viewer(owner=OTHER), channel="blind", network_id=published.network_id)
    said = f"{refused.value.message} {refused.value.hints}"
    assert first.id not in said
    assert OWNER not in said
