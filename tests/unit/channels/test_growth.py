"""No text makes work that grows faster than the text: processor time for texts that took minutes when it did."""

import json
from collections.abc import Callable, Mapping
from time import process_time
from types import MappingProxyType

import pytest

from omnipub.channels.networks.bluesky.facets import facets
from omnipub.channels.networks.linkedin.little_text import little_text, plain_text
from omnipub.channels.registry import CHANNELS
from omnipub.domain.certification_catalog import type_named
from omnipub.domain.conversation import Channel, Occasion
from omnipub.domain.delivery.fingerprint import fingerprint
from omnipub.domain.delivery.window import window_of
from omnipub.domain.limits import COUNTERS
from omnipub.domain.message import Content, checked
from omnipub.domain.text import excerpt, nfkc
from omnipub.domain.timestamps import schedule_at, zone_named
from omnipub.errors import InvalidInputError
from omnipub.services.bulk.row import cells_of, fields_in, row_of
from omnipub.services.channels.validate import admit, examined

SECONDS = 1.5
"""Linear work takes a tenth of it on a slow machine, work that grows with the square ten times as much."""

TEXTS: Mapping[str, str] = MappingProxyType(
    {
        "flags": "🇩🇪" * 50_000,
        "one flag's half": "🇩" * 50_001,
        "combining marks": "a" + "\u0301\u0327" * 50_000,
        "sorted marks": "a" + "\u0301" * 50_000 + "\u0327" * 50_000,
        "joined people": "👩\u200d" * 50_000,
        "hangul": "\u1100" * 100_000,
        "at signs": "@" * 50_000,
        "hashtags": "#a" * 50_000,
        "hashtags apart": "#a " * 50_000,
        "digits as a hashtag": "#" + "1" * 100_000,
        "hash signs": "#" * 100_000,
        "addresses run together": "https://" * 20_000,
        "addresses apart": "https://a.b " * 20_000,
        "an address and stops": "https://a.b/" + "." * 100_000,
        "an address and brackets": "https://a.b/" + "(" * 50_000 + ")" * 50_001,
        "brackets": "[" * 50_000 + "]" * 50_000,
        "mentions left open": "@[" * 50_000,
        "mentions without an end": "@[a](urn:li:" * 20_000,
        "templates left open": "{hashtag|#|a" * 20_000,
        "backslashes": "\\" * 100_000,
        "marks from right to left": "\u200f\u202e" * 50_000,
        "spaces": " " * 100_000,
        "lines": "\r\n" * 50_000,
        "apostrophes": "'" * 100_000,
        "spans": "1s" * 50_000,
        "digits": "9" * 100_000,
    }
)


def refusing(work: Callable[[str], object]) -> Callable[[str], object]:
    def tried(text: str) -> object:
        try:
            return work(text)
        except InvalidInputError as error:
            too_long = [sentence for _, sentence in (("", error.message), *error.problems) if len(sentence) > 500]
        assert not too_long
        return None

    return tried


WORKS: Mapping[str, Callable[[str], object]] = MappingProxyType(
    {
        "facets": facets,
        "little text": little_text,
        "plain text": plain_text,
        "plain text of little text": lambda text: plain_text(little_text(text)),
        "fingerprint": fingerprint,
        "excerpt": excerpt,
        "nfkc": nfkc,
        "hashtags": lambda text: Content(text=text, hashtags=("a",)).with_hashtags(),
        "counts": lambda text: [count(text) for count in COUNTERS.values()],
        "a message": refusing(lambda text: checked(Content(text=text, link=text, hashtags=(text,)))),
        "a hashtag": refusing(lambda text: checked(Content(hashtags=(text[:50_000],)))),
        "a moment": refusing(schedule_at),
        "a zone": refusing(zone_named),
        "a window": refusing(window_of),
        "a certification's type": refusing(type_named),
        "a cell": lambda text: fields_in({"text": text, "link": text}),
        "a row": lambda text: cells_of(row) if not isinstance(row := row_of(1, {"text": text}), list) else None,
    }
)


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_work_grows_no_faster_than_the_text(work: Callable[[str], object], text: str) -> None:
    begun = process_time()
    work(text)
    assert process_time() - begun < SECONDS


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("channel", CHANNELS.values(), ids=CHANNELS)
def test_a_channel_refuses_or_renders_any_text_in_time(channel: Channel, text: str) -> None:
    occasion = Occasion(delivery_key="MSG#1/CHANNEL#x", due_at=schedule_at("2026-11-23T09:00Z").at)
    begun = process_time()
    examined(Content(text=text), channel)
    json.dumps(channel.render(Content(text=text), occasion))
    assert process_time() - begun < SECONDS


def test_twenty_thousand_flags_are_refused_at_once_with_what_bluesky_would_take() -> None:
    content = Content(text="🇩🇪" * 20_000)
    begun = process_time()
    with pytest.raises(InvalidInputError) as caught:
        admit({"bluesky": content}, CHANNELS)
    assert process_time() - begun < 0.2
    assert [sentence for _, sentence in caught.value.problems] == [
        "Bluesky: The text has 20,000 graphemes; at most 300 are allowed.",
        "Bluesky: The text has 160,000 bytes; at most 3,000 are allowed.",
    ]
