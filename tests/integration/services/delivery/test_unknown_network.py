"""What is stored names a network that this release does not know: of a release before, or after a rollback."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.domain.delivery.lifecycle import Status
from omnipub.domain.delivery.model import Delivery
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.errors import ConflictError, InvalidInputError
from omnipub.services.accounts.check import CheckVerdict
from omnipub.services.health.finding import Health
from omnipub.services.messages.filters import Filter
from omnipub.services.messages.read import Viewer
from omnipub.services.messages.unpublish import UnpublishResult
from omnipub.storage import keys
from omnipub.storage.items import delivery_item
from omnipub.wiring.assemble import assemble
from support.world import CHANNELS, OWNER, START, TestBed, make_bed

GONE = "blind"
VIEWER = Viewer(owner=OWNER)
DUE = START + timedelta(minutes=10)
KNOWN = {name: channel for name, channel in CHANNELS.items() if name != GONE}


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[TestBed]:
    bed = make_bed(tmp_path)
    yield bed
    bed.close()


def composed(bed: TestBed, *channels: str) -> Parent:
    schedule = Schedule(at=DUE, local=to_text(DUE).removesuffix("Z"), zone="UTC")
    made = bed.system.compose.message(
        owner=OWNER, content=Content(text="Hello"), channels=channels or (GONE, "looked"), schedule=schedule
    )
    return Parent(kind=ParentKind.MESSAGE, id=made.id)


def forget(bed: TestBed) -> None:
    """Go on with a release that does not know the network."""
    bed.system = assemble(bed.system.settings, bed.system.world, KNOWN)


def remember(bed: TestBed) -> None:
    """Go on with a release that knows it."""
    bed.system = assemble(bed.system.settings, bed.system.world, CHANNELS)


def on_it(bed: TestBed, parent: Parent) -> Delivery:
    deliveries = {one.channel: one for one in bed.system.showing.one(parent, VIEWER).deliveries}
    return deliveries[GONE]


def put(bed: TestBed, parent: Parent, **changes: object) -> Delivery:
    """The delivery in another state, as if a worker had left it so."""
    before = on_it(bed, parent)
    after = replace(before, **changes, version=before.version + 1)  # type: ignore[arg-type]  # a test's own fields
    bed.system.world.table.put(delivery_item(after, bed.system.base.shards.count(bed.clock.now()).of))
    return after


def test_it_is_held_and_says_why_and_the_others_go_out(bed: TestBed) -> None:
    parent = composed(bed)
    forget(bed)
    bed.pass_time(DUE + timedelta(minutes=5))
    held = on_it(bed, parent)
    assert held.status is Status.HELD
    assert held.tries_used == held.attempts == 0
    assert held.reason is not None
    assert held.reason.sentence.startswith(f"This release does not know the network '{GONE}'")
    assert bed.network.texts() == ["Hello"]
    assert not bed.journal.named("worker_broke")


def test_a_release_that_knows_it_lets_it_go(bed: TestBed) -> None:
    parent = composed(bed)
    forget(bed)
    bed.pass_time(DUE + timedelta(minutes=5))
    bed.pass_time(DUE + timedelta(minutes=30))
    assert on_it(bed, parent).status is Status.HELD
    assert not bed.system.accounts.releases.is_free(on_it(bed, parent))
    remember(bed)
    bed.pass_time(bed.clock.now() + timedelta(minutes=3))
    assert on_it(bed, parent).status is Status.PUBLISHED
    scope = keys.release(f"channel:{GONE}")
    bed.pass_time(bed.clock.now() + timedelta(minutes=3))
    assert bed.system.world.table.get(scope) is None


def test_what_may_be_out_there_stays_so_until_somebody_can_ask(bed: TestBed) -> None:
    parent = composed(bed, GONE)
    may_be_out = put(
        bed, parent, status=Status.PUBLISHING, may_be_out=True, uncertain_since=START, settle_from=START, next_at=DUE
    )
    assert may_be_out.may_be_out
    forget(bed)
    bed.pass_time(DUE + timedelta(minutes=40))
    there = on_it(bed, parent)
    assert (there.status, there.may_be_out) == (Status.PUBLISHING, True)
    assert there.reason is not None
    assert f"network '{GONE}'" in there.reason.sentence
    assert bed.network.posts == []
    assert not bed.journal.named("worker_broke")


def test_lists_show_export_and_what_needs_somebody_work_with_it(bed: TestBed) -> None:
    parent = composed(bed)
    forget(bed)
    bed.pass_time(DUE + timedelta(minutes=5))
    for asked in (Filter(), Filter(status="held"), Filter(owner=OWNER)):
        rows = bed.system.lists.page(ParentKind.MESSAGE, VIEWER, asked).rows
        assert [row.parent for row in rows] == [parent]
    assert GONE in {one.channel for one in bed.system.showing.one(parent, VIEWER).deliveries}
    (row,) = bed.system.exporting.rows(VIEWER, Filter())
    assert row.channels == (GONE, "looked")
    stuck, _ = bed.system.stuck.rows()
    assert [one.delivery.channel for one in stuck] == [GONE]


def test_doctor_says_which_network_it_is_and_what_waits_for_it(bed: TestBed) -> None:
    composed(bed)
    forget(bed)
    bed.pass_time(DUE + timedelta(minutes=5))
    findings = bed.system.checkup.look(OWNER, running=True)
    (told,) = [one for one in findings if f"'{GONE}'" in one.what]
    assert told.health is Health.BAD
    assert told.next
    assert not [one for one in findings if "nothing holds them" in one.what]


def test_a_preview_says_that_nobody_can_tell(bed: TestBed) -> None:
    parent = composed(bed)
    forget(bed)
    previewed = bed.system.preview.existing(bed.system.showing.one(parent, VIEWER))
    facets = {one.channel: one for one in previewed.facets}
    assert facets["looked"].objections == ()
    assert [one.sentence for one in facets[GONE].objections] == [
        f"This release does not know the network '{GONE}'; nothing can be sent or asked there."
    ]
    assert facets[GONE].text == "Hello"


def test_it_can_be_cancelled(bed: TestBed) -> None:
    parent = composed(bed)
    forget(bed)
    bed.pass_time(DUE + timedelta(minutes=5))
    (cancelled,) = bed.system.operate.cancel(parent, VIEWER, channels=[GONE])
    assert cancelled.status is Status.CANCELLED


def test_it_can_be_edited_with_its_message(bed: TestBed) -> None:
    parent = composed(bed)
    forget(bed)
    shown = bed.system.operate.edit(parent, VIEWER, content=Content(text="Hello again"))
    assert {one.revision for one in shown.deliveries} == {2}
    with pytest.raises(InvalidInputError):
        bed.system.operate.edit(parent, VIEWER, content=Content(text="x" * 2_000))


@pytest.mark.parametrize("status", [Status.FAILED, Status.MISSED, Status.UNCONFIRMED])
def test_what_stopped_there_can_be_put_away_retried_and_marked(bed: TestBed, status: Status) -> None:
    parent = composed(bed, GONE)
    put(bed, parent, status=status, next_at=DUE, may_be_out=status is Status.UNCONFIRMED)
    forget(bed)
    (retried,) = bed.system.operate.retry(parent, VIEWER, channels=[GONE])
    assert retried.status is Status.SCHEDULED
    bed.pass_time(DUE + timedelta(minutes=2))
    assert on_it(bed, parent).status is Status.HELD
    put(bed, parent, status=status, next_at=DUE, may_be_out=status is Status.UNCONFIRMED)
    if status is Status.UNCONFIRMED:
        marked = bed.system.operate.mark_published(parent, VIEWER, channel=GONE, network_id="p-1")
        assert marked.status is Status.PUBLISHED
    else:
        (dismissed,) = bed.system.operate.dismiss(parent, VIEWER, channels=[GONE], reason="No such network.")
        assert dismissed.status is Status.CANCELLED


def test_a_post_there_is_not_deleted_and_that_is_said(bed: TestBed) -> None:
    parent = composed(bed, GONE)
    bed.pass_time(DUE + timedelta(minutes=2))
    published = on_it(bed, parent)
    assert published.status is Status.PUBLISHED
    forget(bed)
    report = bed.system.unpublish.delete(published, by=OWNER)
    assert (report.result, report.code) == (UnpublishResult.NOT_DONE, "unknown_network")
    assert f"'{GONE}'" in report.sentence


def test_nobody_is_asked_there_for_a_post_or_about_an_account(bed: TestBed) -> None:
    parent = composed(bed, GONE)
    put(bed, parent, status=Status.UNCONFIRMED, may_be_out=True, next_at=DUE)
    forget(bed)
    with pytest.raises(ConflictError, match=f"does not know the network '{GONE}'"):
        bed.system.search.look(on_it(bed, parent))
    connection = bed.system.accounts.find(OWNER, GONE)
    assert connection is not None
    assert bed.system.asking.test(connection).verdict is CheckVerdict.UNTESTABLE
    assert bed.system.connecting.refresh(connection).verdict is CheckVerdict.UNTESTABLE
    assert not bed.system.connecting.token_refresh.can(connection)
    assert GONE in {one.channel for one in bed.system.accounts.of(OWNER)}
    bed.system.connecting.disconnect(connection)
    assert bed.system.accounts.find(OWNER, GONE) is None


def test_nothing_new_is_composed_for_it(bed: TestBed) -> None:
    forget(bed)
    with pytest.raises(InvalidInputError, match="not a channel of a network we know"):
        composed(bed, GONE)


def test_a_pause_of_it_can_be_lifted(bed: TestBed) -> None:
    parent = composed(bed, GONE)
    bed.system.pauses.pause(f"channel:{GONE}", reason="Later.", by="ops")
    bed.pass_time(DUE + timedelta(minutes=2))
    assert on_it(bed, parent).status is Status.HELD
    forget(bed)
    bed.system.pauses.resume(f"channel:{GONE}", send_late=True, by="ops")
    bed.pass_time(DUE + timedelta(minutes=5))
    assert on_it(bed, parent).status is Status.HELD
    assert keys.pause(f"channel:{GONE}") not in bed.system.world.table.batch_get([keys.pause(f"channel:{GONE}")])
