"""Invented messages in a test's table."""

from dataclasses import replace
from typing import Any

from omnipub.seed.seeding import Seeding
from support.world import CHANNELS, TestBed


def seeding(bed: TestBed, **changes: Any) -> Seeding:
    made = Seeding(
        base=bed.system.base,
        settings=bed.system.settings,
        networks=tuple(CHANNELS),
    )
    return replace(made, **changes)


def seed(bed: TestBed, messages: int = 60, number: int = 1) -> int:
    return seeding(bed).seed(messages=messages, seed=number, progress=lambda _: None)


def unseed(bed: TestBed) -> int:
    return seeding(bed).unseed(progress=lambda _: None)
