import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from omnipub.channels import networks
from omnipub.channels.registry import CHANNELS
from omnipub.domain.conversation import Channel, Occasion
from omnipub.domain.delivery.rules import ReconcileMethod
from omnipub.domain.ids import checked_channel
from omnipub.domain.message import Content, MediaReference
from omnipub.errors import InvalidInputError

every_channel = pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)


def test_every_network_has_its_file_and_its_line() -> None:
    files = {path.stem for path in Path(networks.__path__[0]).iterdir() if not path.name.startswith("__")}
    assert files == set(CHANNELS)


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
    assert channel.remedy("urn:li:organization:1") is not ReconcileMethod.LOOK_UP or channel.settle > timedelta(0)


SHARE = "urn:li:share:7100000000000000001"
RECORD = "at://did:plc:ewvi7nxzyoun6zhxrhs64oiz/app.bsky.feed.post/3m2qrrgw222xy"
MESSAGE = "msg_" + "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("network", "typed", "meant"),
    [
        ("facebook", " 1784_1 ", "1784_1"),
        ("facebook", "https://www.facebook.com/1784_1", "1784_1"),
        ("linkedin", SHARE, SHARE),
        ("linkedin", "urn:li:ugcPost:71", "urn:li:ugcPost:71"),
        ("linkedin", "urn:li:activity:71", "urn:li:activity:71"),
        ("linkedin", f"https://www.linkedin.com/feed/update/{SHARE}/?utm_source=share", SHARE),
        ("telegram", "-1001234567890/12", "-1001234567890/12"),
        ("telegram", "77/12,13,14", "77/12,13,14"),
        ("telegram", "http://127.0.0.1:8400/posts/telegram/-1001234567890%2F12", "-1001234567890/12"),
        ("bluesky", RECORD, RECORD),
        (
            "bluesky",
            "at://did:web:ada.example.com/app.bsky.feed.post/self",
            "at://did:web:ada.example.com/app.bsky.feed.post/self",
        ),
        ("webhook", MESSAGE, MESSAGE),
    ],
)
def test_a_posts_id_is_read_as_its_network_gives_it(network: str, typed: str, meant: str) -> None:
    assert CHANNELS[network].post_ids.read(typed) == meant


@pytest.mark.parametrize(
    ("network", "typed"),
    [
        *(
            (network, typed)
            for network in CHANNELS
            for typed in ("", "nonsense", "https://example.com/", "https://[", "a b")
        ),
        ("facebook", "1784"),
        ("facebook", "1784_" + "1" * 1000),
        ("facebook", SHARE),
        ("facebook", "1784_1\n2"),
        ("linkedin", "urn:li:organization:1"),
        ("linkedin", f"{SHARE}x"),
        ("telegram", "12"),
        ("telegram", "@omnipub/12"),
        ("telegram", "https://t.me/omnipub/12"),
        ("bluesky", "3m2qrrgw222xy"),
        ("bluesky", "https://bsky.app/profile/ada.example.com/post/3m2qrrgw222xy"),
        ("webhook", "msg_1"),
    ],
)
def test_what_is_no_id_of_a_networks_posts_is_refused_with_what_one_looks_like(network: str, typed: str) -> None:
    channel = CHANNELS[network]
    with pytest.raises(InvalidInputError) as refused:
        channel.post_ids.read(typed)
    assert channel.title in refused.value.message
    assert channel.post_ids.like in refused.value.message
    assert refused.value.hint == channel.post_ids.found
    assert [field for field, _ in refused.value.problems] == ["network_id"]


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
