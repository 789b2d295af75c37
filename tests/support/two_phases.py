"""Decides which tests `pytest -n 2` runs beside each other, and which by themselves after all others."""

from typing import TYPE_CHECKING

from xdist.scheduler.loadscope import LoadScopeScheduling

if TYPE_CHECKING:
    import pytest
    from xdist.remote import Producer
    from xdist.workermanage import WorkerController

ALONE = frozenset(
    {
        "tests/integration/onebox/test_bad_clock.py",
        "tests/integration/onebox/test_crowd.py",
        "tests/integration/onebox/test_isolation.py",
        "tests/integration/adapters/test_http_client.py",
        "tests/unit/adapters/system/test_worker_pool.py",
    }
)
"""Files that fail if something takes a moment too long: whoever competes with them for a processor fails them."""

UNHURRIED = frozenset(
    {
        "tests/integration/adapters/test_smtp.py",
        "tests/integration/cli/test_interventions.py",
        "tests/integration/loopback/test_server.py",
        "tests/unit/domain/test_redaction.py",
    }
)
"""Files that bound how long something takes so generously that company does not matter."""

ONE_BY_ONE = frozenset({"tests/integration/onebox/test_system.py", "tests/simulation/test_histories.py"})
"""Files with few tests that run long: their tests are shared out one by one, all others file by file."""

LAST = "alone"


def unit_of(nodeid: str) -> str:
    """What is given to one worker as a whole, by the name of one of its tests."""
    file = nodeid.partition("::")[0]
    if file in ALONE:
        return LAST
    return nodeid if file in ONE_BY_ONE else file


class TwoPhases(LoadScopeScheduling):
    """Hands out units in the order of their collection, and what is alone when only one worker has work.

    A worker holds its last test back until it is given more or told to end. So one that finds nothing but what is
    alone is told to end while others work; the last one takes it.
    """

    def __init__(self, config: "pytest.Config", log: "Producer | None" = None) -> None:
        config.option.loadscopereorder = False  # by the number of their tests, which says nothing of their time
        super().__init__(config, log)

    def mark_test_complete(self, node: "WorkerController", item_index: int, duration: float = 0) -> None:
        """Also ask the others: one of them may wait for the end of this one."""
        super().mark_test_complete(node, item_index, duration)
        for other in self.nodes:
            if other is not node and self.workqueue:
                self._reschedule(other)

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)

    def _assign_work_unit(self, node: "WorkerController") -> None:
        if LAST in self.workqueue:
            self.workqueue.move_to_end(LAST)
        others = [one for one in self.nodes if one is not node and self._pending_of(self.assigned_work[one])]
        if next(iter(self.workqueue)) != LAST or not others:
            super()._assign_work_unit(node)
        elif not all(one.shutting_down for one in others):
            node.shutdown()
