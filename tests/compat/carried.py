"""What is no item and still passes from earlier code to later code and back: pointers, calls, frozen requests."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from compat.description import Attributes, observed
from compat.examples import CERTIFICATION, MESSAGE, REQUEST
from omnipub.channels.registry import CHANNELS
from omnipub.domain.certification import sameness
from omnipub.domain.conversation import Occasion
from omnipub.domain.delivery.fingerprint import digest
from omnipub.domain.ids import Parent, ParentKind
from omnipub.domain.message import Content
from omnipub.ports.delay import DueSoon
from omnipub.ports.stream import Pointer
from omnipub.services.scheduling.run_now import RunNowReport, RunNowResult
from omnipub.services.stream.wire_format import delayed_to_text, pointer_to_text, report_to, run_now_to_text
from omnipub.storage.codec import encode
from support.world import START

POINTER = Pointer(pk="<PK>", sk="<SK>", group="facebook#1", why="due", trace="t-1")
AT_A_MOMENT = replace(POINTER, at=START)
RAN = RunNowResult(pk="<PK>", channel="facebook", ready=True, dispatched=True, why="due")
OCCASION = Occasion(delivery_key="k-1", due_at=START)


def carried() -> dict[str, Attributes]:
    """What they look like, as `description.described` says it of items."""
    said = {
        "pointer": [json.loads(pointer_to_text(one)) for one in (POINTER, AT_A_MOMENT)],
        "message of the delay queue": [json.loads(delayed_to_text([DueSoon(pointer=AT_A_MOMENT, at=START)]))],
    }
    said |= {
        "run-now": [json.loads(run_now_to_text([Parent(kind=ParentKind.MESSAGE, id=MESSAGE.id)]))],
        "run-now's answer": [dict(report_to(RunNowReport(rows=[RAN], dispatched=1, skipped=0, lost=0)))],
    }
    said |= {f"frozen for {name}": list(_bodies(name)) for name in sorted(CHANNELS)}
    return {name: dict(sorted(observed(shown).items())) for name, shown in said.items()}


def digests() -> dict[str, str]:
    """What keys and conditions are made of: another way to compute it finds nothing of what is there."""
    return {
        "digest of a text": digest("Hello, world"),
        "digest of a certification": sameness(CERTIFICATION),
        "digest of a request": REQUEST.body_digest,
    }


def _bodies(network: str) -> Iterator[Mapping[str, Any]]:
    """What a network's channel freezes of little and of much; maps are what goes out, which nobody here reads."""
    full = MESSAGE.content
    for content in (Content(text="Hello"), Content(text="", link=full.link), full, replace(full, media=())):
        body = encode(CHANNELS[network].render(content.on(network), OCCASION))
        yield {name: {} if isinstance(part, dict) else part for name, part in body.items()}
