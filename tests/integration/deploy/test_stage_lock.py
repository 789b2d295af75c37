"""One run at a time changes a stage: a second one is told who is first, and one that was killed holds nobody up."""

import json
from typing import Any

import pytest

from omnipub.errors import ConflictError
from omnipub_cli.deployment.stage_lock import LIFE, NAME, StageLock

from .fakes import Clock, FakeShelf


def lock(shelf: FakeShelf, clock: Clock, who: str = "ada", said: list[str] | None = None) -> StageLock:
    say: Any = [].append if said is None else said.append
    return StageLock(store=shelf, stage="dev", by=who, what="deployed", now=clock.now, wait=clock.wait, say=say)


@pytest.fixture
def shelf() -> FakeShelf:
    return FakeShelf()


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_one_run_after_the_other_takes_the_lock(shelf: FakeShelf, clock: Clock) -> None:
    for who in ("ada", "bo"):
        with lock(shelf, clock, who).held():
            assert json.loads(shelf.objects[NAME])["by"] == who
    assert clock.waited == 0


def test_a_second_run_is_refused_while_the_first_one_renews_its_lock(shelf: FakeShelf, clock: Clock) -> None:
    first = lock(shelf, clock)
    with first.held():
        clock.on_wait.append(first.confirm)
        words = "dev is being deployed: The run that ada began at 2026-11-23"
        with pytest.raises(ConflictError, match=words) as busy, lock(shelf, clock, "bo").held():
            pytest.fail("two hold it")
        assert "omnipub status --stage dev" in busy.value.hint
        first.confirm()


def test_a_run_that_ends_meanwhile_lets_the_second_one_go_on(shelf: FakeShelf, clock: Clock) -> None:
    first = lock(shelf, clock).held()
    first.__enter__()
    clock.on_wait.append(lambda: first.__exit__(None, None, None) if clock.waited < 6 else None)
    with lock(shelf, clock, "bo").held():
        assert json.loads(shelf.objects[NAME])["by"] == "bo"


def test_the_lock_of_a_run_that_was_killed_is_taken_over_once_it_is_old(shelf: FakeShelf, clock: Clock) -> None:
    killed, said = lock(shelf, clock), []
    with killed.held():
        clock.on_wait.append(lambda: setattr(shelf, "idle", clock.waited))
        with lock(shelf, clock, "bo", said).held():
            assert LIFE <= clock.waited < LIFE + 10
            with pytest.raises(ConflictError, match="took the lock of stage dev while this one stood still"):
                killed.confirm()
        assert any("has not renewed its lock for 120 s: it is taken over" in one for one in said)
        assert json.loads(shelf.objects[NAME])["free"], "who lost it gives nothing back"


def test_a_write_whose_answer_was_lost_is_known_by_what_is_there(shelf: FakeShelf, clock: Clock) -> None:
    written = shelf.swap

    def twice(name: str, body: str, *, tag: str) -> str | None:
        written(name, body, tag=tag)
        return written(name, body, tag=tag)  # botocore sends it again, and meets its own tag

    shelf.swap = twice  # type: ignore[method-assign]
    one = lock(shelf, clock)
    with one.held():
        one.confirm()
    assert json.loads(shelf.objects[NAME])["free"]


def test_a_run_that_fails_gives_the_lock_back(shelf: FakeShelf, clock: Clock) -> None:
    with pytest.raises(KeyboardInterrupt), lock(shelf, clock).held():
        raise KeyboardInterrupt
    with lock(shelf, clock, "bo").held():
        assert clock.waited == 0
