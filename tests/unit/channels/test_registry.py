import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub import channels
from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Channel, Occasion
from omnipub.domain.identity import checked_channel
from omnipub.domain.message import Content, MediaReference
from omnipub.domain.rules import Remedy

SHARED = {"__init__", "answers", "drafting", "registry"}

every_channel = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)


def test_every_network_has_its_file_and_its_line() -> None:
    files = {path.stem for path in Path(channels.__path__[0]).glob("*.py")} - SHARED
    rooms = {stem for stem in files if stem.partition("_")[0] in files and "_" in stem}  # of a network's own
    assert files - rooms == set(CHANNELS)


@pytest.mark.parametrize(("name", "channel"), CHANNELS.items())
def test_a_channel_is_registered_under_its_own_name(name: str, channel: Channel) -> None:
    assert channel.name == name == checked_channel(name)
    assert channel.title


@every_channel
def test_limits_are_given_for_text_and_images(channel: Channel) -> None:
    assert all(most > 0 for most, _ in channel.limits.text)
    assert channel.limits.images > 0
    assert channel.limits.image_types
    assert channel.limits.image_bytes > 0
    assert channel.limits.alt_text > 0


@every_channel
def test_whoever_is_looked_up_has_a_settle_time(channel: Channel) -> None:
    assert channel.remedy("urn:li:organization:1") is not Remedy.LOOK_UP or channel.settle > timedelta(0)


def _scalars(value: object) -> Iterator[object]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _scalars(part)
    elif isinstance(value, list):
        for part in value:
            yield from _scalars(part)
    else:
        yield value


@every_channel
def test_what_is_frozen_survives_the_table(
    channel: Channel, occasion: Occasion, pictures: tuple[MediaReference, ...]
) -> None:
    contents = (
        Content(text="Hello", hashtags=("aws",)),
        Content(text="Hello", link="https://example.com/a", link_title="A"),
        Content(text="Hello", media=pictures),
        Content(link="https://example.com/a", media=pictures),
    )
    for content in contents:
        frozen = channel.render(content, occasion)
        assert json.loads(json.dumps(frozen)) == frozen
        assert all(isinstance(value, str | bool) for value in _scalars(frozen))
        assert channel.text_of(frozen) == channel.text(content)
