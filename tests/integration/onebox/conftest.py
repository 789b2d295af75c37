import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory on a disk, as a real machine's data are; others' tests may lie in memory."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)
