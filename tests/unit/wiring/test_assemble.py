"""A command or a function imports the services that it uses, and no others."""

import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from omnipub.wiring.assemble import System
from omnipub.wiring.cached import locked_cached_property
from support.world import make_bed

SERVICES = sorted(
    name for name, _ in inspect.getmembers_static(System, lambda one: isinstance(one, locked_cached_property))
)

STARTED = """
import sys
from omnipub.config import Settings
from omnipub.wiring.local import one_machine
system = one_machine(Settings(data=sys.argv[1], state=sys.argv[2]))
system.lists
print("\\n".join(name for name in sys.modules if name.startswith("omnipub.services")))
"""


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_can_be_made_and_stays_the_same(name: str, tmp_path: Path) -> None:
    bed = make_bed(tmp_path)
    try:
        assert getattr(bed.system, name) is getattr(bed.system, name) is not None
    finally:
        bed.close()


def test_a_list_does_without_the_services_that_deliver(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    command = [sys.executable, "-c", STARTED, str(tmp_path / "data"), str(tmp_path / "state")]
    imported = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()  # noqa: S603  this interpreter
    assert "omnipub.services.messages.list" in imported
    above = ("omnipub.services.delivery", "omnipub.services.bulk", "omnipub.services.health", "omnipub.services.table")
    assert [name for name in imported if name.startswith(above)] == []
