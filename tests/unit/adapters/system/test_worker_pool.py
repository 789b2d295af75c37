"""No account waits for another, and no network has more side by side than it may."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import pytest

from omnipub.adapters.system import account_queues, worker_pool
from omnipub.adapters.system.clock import ClockStoppedError
from omnipub.adapters.system.worker_pool import WorkerPool

SOON = 10.0


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SOON
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)


@dataclass
class Worker:
    """Works on records named `NETWORK/ACCOUNT n`; those of accounts that hang wait until they are released."""

    hanging: set[str] = field(default_factory=set)
    begun: list[str] = field(default_factory=list)
    ended: list[str] = field(default_factory=list)
    answers: dict[str, list[float]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)
    released: threading.Event = field(default_factory=threading.Event)
    most: int = 0

    def __call__(self, record: str) -> float | None:
        with self.lock:
            self.begun.append(record)
            self.most = max(self.most, len(self.begun) - len(self.ended))
        if record.partition(" ")[0] in self.hanging:
            self.released.wait(SOON)
        else:
            time.sleep(0.02)
        with self.lock:
            self.ended.append(record)
            answers = self.answers.get(record)
            return answers.pop(0) if answers else None


Pools = Callable[..., WorkerPool[str]]


@pytest.fixture
def worker() -> Worker:
    return Worker()


@pytest.fixture
def pools(worker: Worker) -> Iterator[Pools]:
    made: list[WorkerPool[str]] = []

    def make(*, slots: int = 4, total: int = 100) -> WorkerPool[str]:
        made.append(WorkerPool(slots=slots, total=total))
        made[-1].start(worker)
        return made[-1]

    yield make
    worker.released.set()
    for pool in made:
        assert pool.stop(deadline=time.monotonic() + SOON)


def give(pool: WorkerPool[str], account: str, count: int = 1) -> list[str]:
    records = [f"{account} {number}" for number in range(count)]
    assert not pool.hand_over({account: records})
    return records


def test_one_account_has_one_record_under_way_and_keeps_its_order(pools: Pools, worker: Worker) -> None:
    records = give(pools(), "facebook/1", 5)
    until(lambda: len(worker.ended) == 5)
    assert (worker.begun, worker.most) == (records, 1)


def test_accounts_that_hang_hold_up_no_other_account_for_a_second(pools: Pools, worker: Worker) -> None:
    pool = pools(slots=4)
    worker.hanging = {f"facebook/h{number}" for number in range(6)}
    for account in sorted(worker.hanging):
        give(pool, account, 3)
    began = time.monotonic()
    others = [*give(pool, "facebook/1", 2), *give(pool, "webhook/1", 2)]
    until(lambda: set(others) <= set(worker.ended))
    assert time.monotonic() - began < 1


def test_a_network_has_no_more_side_by_side_than_its_slots(pools: Pools, worker: Worker) -> None:
    pool = pools(slots=3)
    for number in range(20):
        give(pool, f"facebook/{number}", 2)
    until(lambda: len(worker.ended) == 40)
    assert worker.most == 3


def test_another_network_has_slots_of_its_own(pools: Pools, worker: Worker) -> None:
    pool = pools(slots=1)
    worker.hanging = {"facebook/1", "webhook/1"}
    give(pool, "facebook/1")
    give(pool, "webhook/1")
    until(lambda: len(worker.begun) == 2)


def test_a_slow_account_takes_a_quarter_of_the_slots_and_of_the_threads(
    pools: Pools, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account_queues, "SLOW_SECONDS", 0.1)
    pool = pools(slots=32, total=16)
    worker.hanging = {f"facebook/h{number}" for number in range(10)}
    for account in sorted(worker.hanging):
        give(pool, account, 2)
    until(lambda: len(worker.begun) == 10)
    time.sleep(0.3)  # all of them become slow
    worker.released.set()
    until(lambda: len(worker.ended) == 20)
    worker.released.clear()
    for account in sorted(worker.hanging):
        give(pool, account)
    until(lambda: len(worker.begun) >= 24)
    time.sleep(0.2)
    assert len(worker.begun) == 24, "more than a quarter of sixteen threads went to slow accounts"
    others = [record for number in range(12) for record in give(pool, f"facebook/{number}")]
    until(lambda: set(others) <= set(worker.ended))


def test_a_record_that_comes_again_does_so_later_and_lets_those_behind_it_by(pools: Pools, worker: Worker) -> None:
    pool = pools()
    worker.answers = {"facebook/1 0": [0.1]}
    give(pool, "facebook/1", 3)
    until(lambda: len(worker.ended) == 4)
    assert worker.begun == ["facebook/1 0", "facebook/1 1", "facebook/1 2", "facebook/1 0"]


def test_there_are_never_more_threads_than_the_total(pools: Pools, worker: Worker) -> None:
    pool = pools(slots=50, total=5)
    worker.hanging = {f"facebook/{number}" for number in range(8)}
    for account in sorted(worker.hanging):
        give(pool, account)
    until(lambda: len(worker.begun) == 5)
    assert pool.is_full
    time.sleep(1)
    assert len(worker.begun) == 5
    worker.released.set()
    until(lambda: len(worker.ended) == 8)
    assert not pool.is_full


def test_what_finds_no_room_is_handed_back(pools: Pools, worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "WAITING_AT_MOST", 2)
    worker.hanging = {"facebook/1"}
    pool = pools()
    give(pool, "facebook/1")
    assert pool.hand_over({"facebook/1": ["a", "b", "c"]}) == ["c"]


def test_a_stop_waits_for_what_is_under_way_and_begins_nothing(pools: Pools, worker: Worker) -> None:
    pool = pools()
    worker.hanging = {"facebook/1"}
    give(pool, "facebook/1", 2)
    until(lambda: len(worker.begun) == 1)
    assert not pool.stop(deadline=time.monotonic() + 0.05)
    worker.released.set()
    assert pool.stop(deadline=time.monotonic() + SOON)
    assert worker.ended == ["facebook/1 0"]
    assert pool.hand_over({"facebook/1": ["late"]}) == ["late"]


def test_idle_threads_end_and_new_work_still_finds_one(
    pools: Pools, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker_pool, "IDLE_SECONDS", 0.05)
    pool = pools()
    before = threading.active_count()
    give(pool, "facebook/1")
    until(lambda: len(worker.ended) == 1 and threading.active_count() == before)
    give(pool, "facebook/1")
    until(lambda: len(worker.ended) == 2)


def test_work_that_breaks_costs_its_account_no_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threading, "excepthook", lambda _: None)
    seen: list[str] = []

    def breaks(record: str) -> None:
        seen.append(record)
        raise SystemExit

    pool: WorkerPool[str] = WorkerPool(slots=1)
    pool.start(breaks)
    pool.hand_over({"facebook/1": ["a", "b"]})
    until(lambda: seen == ["a", "b"])
    assert pool.stop(deadline=time.monotonic() + SOON)


def test_a_system_without_more_threads_delays_and_breaks_nothing(
    pools: Pools, worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = pools(slots=8)
    give(pool, "facebook/0")
    until(lambda: len(worker.ended) == 1)

    def refuse(_: threading.Thread) -> None:
        raise RuntimeError

    monkeypatch.setattr(threading.Thread, "start", refuse)
    for number in range(8):
        give(pool, f"facebook/{number}")
    until(lambda: len(worker.ended) == 9)
    assert worker.most == 1


# -- alone -------------------------------------------------------------------------------------


@dataclass
class Deadly:
    """Wants to be alone with each record of an account `…/d…`, and keeps which others were under way then."""

    worker: Worker
    pool: WorkerPool[str] = field(init=False)
    beside: list[set[str]] = field(default_factory=list)
    ended: list[float] = field(default_factory=list)
    takes: float = 0.05

    def __call__(self, record: str) -> float | None:
        if "/d" not in record:
            return self.worker(record)
        self.pool.alone(self._do)
        return None

    def _do(self) -> None:
        begun, ended = list(self.worker.begun), list(self.worker.ended)
        time.sleep(self.takes)
        since = set(self.worker.begun) - set(begun)
        self.beside.append({*(set(begun) - set(ended)), *since})
        self.ended.append(time.monotonic())


@pytest.fixture
def deadly(worker: Worker) -> Iterator[Deadly]:
    made = Deadly(worker)
    made.pool = WorkerPool(slots=8)
    made.pool.start(made)
    yield made
    worker.released.set()
    assert made.pool.stop(deadline=time.monotonic() + SOON)


def test_what_runs_alone_has_nobody_beside_it_who_is_fresh(deadly: Deadly, worker: Worker) -> None:
    for number in range(40):
        give(deadly.pool, f"facebook/{number}", 3)
        if number % 10 == 0:
            give(deadly.pool, f"webhook/d{number}")
    until(lambda: len(worker.ended) == 120 and len(deadly.beside) == 4)
    assert deadly.beside == [set()] * 4


def test_what_runs_alone_does_not_wait_for_those_that_hang_nor_behind_a_backlog(deadly: Deadly, worker: Worker) -> None:
    worker.hanging = {"telegram/1"}
    give(deadly.pool, "telegram/1")
    for number in range(8):
        give(deadly.pool, f"facebook/{number}", 1_000)
    until(lambda: len(worker.ended) > 20)
    began = time.monotonic()
    give(deadly.pool, "webhook/d")
    until(lambda: len(deadly.beside) == 1)
    assert time.monotonic() - began < 1
    assert deadly.beside == [{"telegram/1 0"}]


def test_many_that_run_alone_one_after_another_delay_nobody_by_a_second(deadly: Deadly, worker: Worker) -> None:
    deadly.takes = 2.0  # each of them hangs
    for number in range(20):
        give(deadly.pool, f"webhook/d{number}")
    late = []
    for number in range(15):
        began = time.monotonic()
        (record,) = give(deadly.pool, f"facebook/{number}")
        until(lambda record=record: record in worker.ended)
        late.append(time.monotonic() - began)
        time.sleep(0.05)
    assert max(late) < 1, late
    deadly.takes = 0


def test_who_waits_to_be_alone_is_sent_home_by_a_stop(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker_pool, "DRAIN_SECONDS", 0.7)
    pool: WorkerPool[str] = WorkerPool(slots=4)
    sent_home: list[ClockStoppedError] = []
    wanted = threading.Event()

    def work(record: str) -> float | None:
        if record != "alone":
            return worker(record)
        wanted.set()
        try:
            pool.alone(lambda: worker.ended.append("alone"))
        except ClockStoppedError as error:
            sent_home.append(error)
        return None

    pool.start(work)
    worker.hanging = {"facebook/1"}
    give(pool, "facebook/1")
    pool.hand_over({"facebook/2": ["alone"]})
    assert wanted.wait(SOON)
    threading.Timer(0.1, worker.released.set).start()
    assert pool.stop(deadline=time.monotonic() + SOON)
    assert (worker.ended, len(sent_home)) == (["facebook/1 0"], 1)
