"""A plugin of pytest: whatever a test bed keeps in a table, it keeps in DynamoDB of an emulator instead of SQLite.

    PYTHONPATH=tests .venv/bin/pytest -p support.over_ministack tests/integration/services tests/integration/handlers

What copies SQLite's own file, and what is about evidence as on one machine, is left out.
"""

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from omnipub.adapters.aws.dynamodb.table import DynamoTable
from support import ministack, world
from support.aws import CREDENTIALS, cloud

COPIES_A_FILE = "test_a_copy_sends_nothing_until_it_is_adopted"
OF_ONE_MACHINE = "test_evidence.py"


def pytest_configure(config: pytest.Config) -> None:
    """Start the emulator, and end it with the run."""
    changed = pytest.MonkeyPatch()
    config.add_cleanup(changed.undo)
    for name, value in CREDENTIALS.items():
        changed.setenv(name, value)
    opened = ExitStack()
    config.add_cleanup(opened.close)
    log = Path(opened.enter_context(tempfile.TemporaryDirectory())) / "log"
    made = opened.enter_context(cloud(opened.enter_context(ministack.running(log))))
    changed.setattr(world, "SqliteTable", lambda _path: DynamoTable(made.clients, made.table()))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is about SQLite's file."""
    left_out = [one for one in items if one.name == COPIES_A_FILE or one.path.name == OF_ONE_MACHINE]
    items[:] = [one for one in items if one not in left_out]
    config.hook.pytest_deselected(items=left_out)
