"""A pytest plugin: note which test executes which line, or run the tests of each mutant in a process of its own."""

import functools
import importlib
import json
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from mutation.conditions import Mutant, code_of

KILLED, SURVIVED, UNREACHED, BROKEN = 1, 0, 3, 4

TIMES, SPARE = 10, 20
"""A mutant may take so many times as long as its tests took, and so many seconds more; then it counts as noticed."""


class Mapper:
    """Runs the tests once, and notes their lines and how long each took."""

    def __init__(self, root: Path, to: Path) -> None:
        import coverage

        self._root = root
        self._to = to
        self._took: dict[str, float] = {}
        self._coverage = coverage.Coverage(data_file=None, include=[f"{root}/src/omnipub/*"])

    def pytest_sessionstart(self) -> None:
        """Begin to measure."""
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Measure one test."""
        self._coverage.switch_context(item.nodeid)
        began = time.perf_counter()
        result = yield
        self._took[item.nodeid] = time.perf_counter() - began
        self._coverage.switch_context("")
        return result

    def pytest_sessionfinish(self) -> None:
        """Write the map."""
        self._coverage.stop()
        data = self._coverage.get_data()
        tests = sorted(self._took, key=lambda name: self._took[name])
        number = {name: at for at, name in enumerate(tests)}
        lines = {
            Path(file).relative_to(self._root).as_posix(): {
                line: sorted(number[name] for name in names if name in number)
                for line, names in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        took = [round(self._took[name], 4) for name in tests]
        self._to.write_text(json.dumps({"tests": tests, "took": took, "lines": lines}))


@dataclass
class _Running:
    mutant: int
    until: float


class Mutator:
    """Instead of running the collected tests, runs for each mutant those that execute its line, in a fork."""

    def __init__(self, root: Path, work: Path, results: Path) -> None:
        self._root = root
        self._results = results
        given = json.loads(work.read_text())
        self._mutants = [Mutant(**one) for one in given["mutants"]]
        self._tests: list[list[str]] = given["tests"]
        self._budgets: list[float] = given["seconds"]
        self._ended: dict[int, int] = {}

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Run all mutants, as many at a time as there are processors."""
        items = {item.nodeid: item for item in session.items}
        waiting = list(range(len(self._mutants)))[::-1]
        running: dict[int, _Running] = {}
        began = time.monotonic()
        while waiting or running:
            while waiting and len(running) < (os.cpu_count() or 1):
                number = waiting.pop()
                pid = self._start(session, number, [items[name] for name in self._tests[number] if name in items])
                running[pid] = _Running(number, time.monotonic() + self._budgets[number] * TIMES + SPARE)
            self._reap(running)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{len(self._ended)} of {len(self._mutants)}, {time.monotonic() - began:.0f} s ")
        names = {SURVIVED: "survived", UNREACHED: "unreached", BROKEN: "broken"}
        self._results.write_text(json.dumps([names.get(self._ended[n], "noticed") for n in range(len(self._mutants))]))
        return True

    def _start(self, session: pytest.Session, number: int, items: Sequence[pytest.Item]) -> int:
        pid = os.fork()
        if pid:
            return pid
        os.setpgid(0, 0)
        session.config.pluginmanager.unregister(name="terminalreporter")
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
        try:
            _put_in_place(self._mutants[number], code_of(self._root, self._mutants[number]))
        except LookupError:
            os._exit(UNREACHED)
        except BaseException:  # noqa: BLE001  a child has no other way to say it
            os._exit(BROKEN)
        try:
            for item in items:
                item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        except BaseException:  # noqa: BLE001  a test that ends the process has noticed
            os._exit(KILLED)
        os._exit(SURVIVED)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """The first failure ends the child: the mutant is noticed."""
        if report.failed:
            os._exit(KILLED)

    def _reap(self, running: dict[int, _Running]) -> None:
        time.sleep(0.01)
        for pid, one in list(running.items()):
            done, status = os.waitpid(pid, os.WNOHANG)
            if done:
                self._ended[one.mutant] = os.waitstatus_to_exitcode(status)
            elif time.monotonic() > one.until:
                os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                self._ended[one.mutant] = KILLED
            else:
                continue
            del running[pid]


def _put_in_place(mutant: Mutant, code: Any) -> None:
    """Give the function its mutated code; whoever imported it by name calls the same object."""
    module = importlib.import_module(mutant.file.removeprefix("src/").removesuffix(".py").replace("/", "."))
    holder: Any = module
    *path, name = mutant.function.split(".")
    for part in path:
        holder = vars(holder)[part]
    found = vars(holder)[name]
    found = found.fget if isinstance(found, property) else getattr(found, "__func__", found)
    while not hasattr(found, "__code__") or found.__code__.co_qualname != code.co_qualname:
        if not hasattr(found, "__wrapped__"):
            raise LookupError(mutant.name)
        found = found.__wrapped__
    found.__code__ = code
    forget()


def forget() -> None:
    """Empty the caches: what they kept from the collection was found before the mutant was there."""
    modules = [module for name, module in sys.modules.items() if name.startswith("omnipub.")]
    for kept in (value for module in modules for value in list(vars(module).values())):
        if isinstance(kept, functools._lru_cache_wrapper):
            kept.cache_clear()


def pytest_configure(config: pytest.Config) -> None:
    """Become what the environment asks for."""
    asked: Mapping[str, str] = json.loads(os.environ["OMNIPUB_MUTATION"])
    root = Path(asked["root"])
    if "map" in asked:
        config.pluginmanager.register(Mapper(root, Path(asked["map"])))
    else:
        config.pluginmanager.register(Mutator(root, Path(asked["work"]), Path(asked["results"])))
