"""Tests that run beside each other: each once, and what must be alone by itself."""

import random
import re
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import pytest

from support import two_phases
from support.two_phases import ALONE, ONE_BY_ONE, UNHURRIED, TwoPhases

ROOT = Path(__file__).parents[2]
BOUNDS_A_SPAN = re.compile(r"assert [\w. ]*\b(monotonic|perf_counter|time)\(\) - \w+ <")


def test_a_file_that_bounds_a_span_of_time_is_alone_or_known_to_be_unhurried() -> None:
    """A new one chooses: add it to `ALONE`, or to `UNHURRIED` if its bound is seconds above what it takes."""
    files = {str(file.relative_to(ROOT)): file.read_text() for file in (ROOT / "tests").rglob("test_*.py")}
    bounding = {name for name, text in files.items() if BOUNDS_A_SPAN.search(text)}
    assert len(bounding) > 3
    assert bounding <= ALONE | UNHURRIED
    assert ALONE.isdisjoint(UNHURRIED)
    assert ALONE.isdisjoint(ONE_BY_ONE)
    assert set(files) >= ALONE | UNHURRIED | ONE_BY_ONE
    assert bounding >= UNHURRIED


@dataclass(eq=False)
class Worker:
    """As xdist's workers do: the last test it knows of waits for another one or for the end."""

    gateway: SimpleNamespace
    waiting: list[int] = field(default_factory=list)
    shutting_down: bool = False

    def send_runtest_some(self, indices: list[int]) -> None:
        assert not self.shutting_down
        self.waiting += indices

    def shutdown(self) -> None:
        self.shutting_down = True

    @property
    def is_free(self) -> bool:
        return len(self.waiting) > (0 if self.shutting_down else 1)


def collected(dice: random.Random) -> list[str]:
    """Names of tests: of files that are alone, or shared out one by one, or neither, each of which may be missing."""
    plain = [f"tests/unit/test_{number}.py" for number in range(dice.randint(0, 6))]
    files = [file for file in [*sorted(ALONE), *sorted(ONE_BY_ONE)] if dice.random() < 0.6] + plain
    dice.shuffle(files)
    return [f"{file}::test_{number}" for file in files for number in range(dice.randint(1, 5))]


@pytest.mark.parametrize("workers", [1, 2, 3])
@pytest.mark.parametrize("seed", range(60))
def test_each_test_runs_once_and_what_is_alone_has_no_company(seed: int, workers: int) -> None:
    dice = random.Random(seed)  # noqa: S311  reproducible on purpose
    names = collected(dice)
    option = SimpleNamespace(loadscopereorder=True)
    config = SimpleNamespace(option=option, getvalue=lambda _: [f"{workers}*popen"], hook=None)
    scheduler = TwoPhases(config)  # type: ignore[arg-type]  # all that it reads of it
    nodes = [Worker(SimpleNamespace(id=f"w{number}")) for number in range(workers)]
    for node in nodes:
        scheduler.add_node(node)  # type: ignore[arg-type]  # stands for a process
        scheduler.add_node_collection(node, names)  # type: ignore[arg-type]  # likewise
    scheduler.schedule()
    ran: list[str] = []
    while free := [node for node in nodes if node.is_free]:
        node = dice.choice(free)
        index = node.waiting[0]
        if two_phases.unit_of(names[index]) == two_phases.LAST:
            assert not [other for other in nodes if other is not node and other.waiting]
        scheduler.mark_test_complete(node, index)  # type: ignore[arg-type]  # likewise
        ran.append(names[index])
        node.waiting.pop(0)
    assert sorted(ran) == sorted(names)
    assert all(node.shutting_down for node in nodes) or not names
