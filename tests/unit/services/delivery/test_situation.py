"""The content of the very revision that a delivery belongs to, or none."""

from dataclasses import replace

import pytest

from omnipub.domain.certification import Certification
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content, Variant
from omnipub.domain.timestamps import Schedule
from omnipub.ports.table import ConditionFailedError, Delete
from omnipub.storage import keys
from omnipub.storage.items import certification_item
from support.rows import stand
from support.world import OWNER, START, TestBed


def test_a_delivery_says_what_its_message_says_on_its_channel(bed: TestBed) -> None:
    content = Content(text="Hello", variants={"blind": Variant(text="Hello, blind")})
    made = bed.system.compose.message(owner=OWNER, content=content, channels=["looked", "blind"])
    parent = Parent(kind=ParentKind.MESSAGE, id=made.id)
    for channel, text in (("looked", "Hello"), ("blind", "Hello, blind")):
        delivery = replace(stand(bed, channel=channel), parent=parent)
        assert bed.system.deliver.contents.of(delivery).text == text


@pytest.mark.parametrize("revision", [0, 2])
def test_an_edit_in_between_is_noticed(bed: TestBed, revision: int) -> None:
    made = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked"])
    delivery = replace(stand(bed), parent=Parent(kind=ParentKind.MESSAGE, id=made.id), revision=revision)
    with pytest.raises(ConditionFailedError):
        bed.system.deliver.contents.of(delivery)


def test_a_message_that_is_gone_is_read_again_and_not_guessed(bed: TestBed) -> None:
    delivery = stand(bed)
    bed.system.world.table.transact([Delete(key=keys.metadata(delivery.parent))])
    with pytest.raises(ConditionFailedError):
        bed.system.deliver.contents.of(delivery)


def test_a_certification_is_announced(bed: TestBed) -> None:
    certification = Certification(
        id="01KAQ8GQ00000000000000000B",
        owner=OWNER,
        created_at=START,
        member="Ada Example",
        type="solutions-architect-associate",
        earned_on=START.date(),
        channels=("looked",),
        schedule=Schedule(at=START, local="", zone="UTC"),
    )
    bed.system.world.table.put(certification_item(certification, lambda _: 0))
    parent = Parent(kind=ParentKind.CERTIFICATION, id=certification.id)
    content = bed.system.deliver.contents.of(replace(stand(bed), parent=parent))
    assert "Ada Example" in content.text


def test_what_was_read_together_is_not_read_again_and_the_rest_is_read_by_itself(bed: TestBed) -> None:
    made = bed.system.compose.message(owner=OWNER, content=Content(text="Hello"), channels=["looked"])
    delivery = replace(stand(bed), parent=Parent(kind=ParentKind.MESSAGE, id=made.id))
    read = bed.system.deliver.contents.together(delivery)
    key = keys.metadata(delivery.parent)
    bed.system.world.table.transact([Delete(key=key)])
    assert bed.system.deliver.contents.of(delivery, read).text == "Hello"
    assert bed.system.deliver.circuit_breakers.of(delivery, read).version == 0
    other = stand(bed, 2)
    assert read.get(keys.delivery(other.parent, other.channel)) is not None
    assert read.get(keys.breaker("looked", "acc-looked")) is None
