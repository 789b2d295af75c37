"""On a stage that forgets images, what may go out after that has none."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from omnipub.config import Settings
from omnipub.domain.certification import Certification
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.domain.timestamps import Schedule, to_text
from omnipub.errors import InvalidInputError
from omnipub.services.messages.read import Viewer
from support.world import OWNER, START, FakeChannel, TestBed, make_bed

PNG = b"\x89PNG\r\n\x1a\n" + b"x" * 100
DAYS = 30
EARNED = Certification(
    id="",
    owner=OWNER,
    created_at=START,
    member="Ada Example",
    type="solutions-architect-associate",
    earned_on=date(2026, 11, 20),
    channels=("keyed",),
    schedule=Schedule(at=START, local="now", zone="UTC"),
)
LAST = timedelta(days=DAYS - 1)
"""Behind its moment a post has a day."""

PICTURED = replace(FakeChannel.limits, images=1, image_types=("image/png",), image_bytes=1000, alt_text=100)
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def bed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestBed]:
    monkeypatch.setattr(FakeChannel, "limits", PICTURED)
    made = make_bed(tmp_path, Settings(data=str(tmp_path), media_days=DAYS))
    yield made
    made.close()


def due(after: timedelta) -> Schedule:
    at = START + after
    return Schedule(at=at, local=to_text(at), zone="UTC")


def pictured(bed: TestBed) -> Content:
    return Content(text="Look", media=(replace(bed.system.world.media.keep(PNG), alt="A front door"),))


def test_a_post_whose_images_are_removed_before_its_end_is_refused(bed: TestBed) -> None:
    content = pictured(bed)
    bed.system.compose.message(owner=OWNER, content=content, channels=["looked"], schedule=due(LAST))
    with pytest.raises(InvalidInputError, match="its images are kept for 30 days: until 2026-12-23T09:00") as refused:
        bed.system.compose.message(owner=OWNER, content=content, channels=["looked"], schedule=due(LAST + A_MINUTE))
    assert "media_days" in str(refused.value.hint)
    text = Content(text="Read")
    bed.system.compose.message(owner=OWNER, content=text, channels=["looked"], schedule=due(10 * LAST))


def test_a_window_counts_to_its_end(bed: TestBed) -> None:
    with pytest.raises(InvalidInputError, match="may go out until"):
        bed.system.compose.message(
            owner=OWNER,
            content=pictured(bed),
            channels=["looked"],
            schedule=due(LAST),
            window=timedelta(days=2),
        )


def test_the_preview_says_the_same(bed: TestBed) -> None:
    told = bed.system.preview.new(
        owner=OWNER, content=pictured(bed), channels=["looked"], schedule=due(LAST + A_MINUTE)
    )
    assert [field for field, sentence in told.problems if "kept for 30 days" in sentence] == ["not_after"]


def test_an_edit_does_not_move_a_post_beyond_its_images(bed: TestBed) -> None:
    made = bed.system.compose.message(owner=OWNER, content=pictured(bed), channels=["looked"], schedule=due(A_MINUTE))
    parent, viewer = Parent(kind=ParentKind.MESSAGE, id=made.id), Viewer(owner=OWNER)
    with pytest.raises(InvalidInputError, match="kept for 30 days"):
        bed.system.operate.edit(parent, viewer, schedule=due(LAST + A_MINUTE))
    bed.system.operate.edit(parent, viewer, schedule=due(LAST))
    bed.system.operate.edit(parent, viewer, content=Content(text="Read"), schedule=due(LAST + A_MINUTE))


def test_an_announcement_with_a_photo_is_held_to_it_as_well(bed: TestBed) -> None:
    draft = replace(EARNED, photo=pictured(bed).media[0], channels=("keyed",))
    with pytest.raises(InvalidInputError, match="kept for 30 days"):
        bed.system.announce.certification(draft=draft, schedule=due(LAST + A_MINUTE))
    bed.system.announce.certification(draft=draft, schedule=due(LAST))


def test_a_stage_that_keeps_everything_refuses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(FakeChannel, "limits", PICTURED)
    bed = make_bed(tmp_path)
    bed.system.compose.message(owner=OWNER, content=pictured(bed), channels=["looked"], schedule=due(20 * LAST))
    bed.close()
