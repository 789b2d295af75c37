"""Fixtures that more than one suite uses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from support.world import TestBed, make_bed


@pytest.fixture
def bed(tmp_path: Path) -> Iterator[TestBed]:
    made = make_bed(tmp_path)
    yield made
    made.close()
