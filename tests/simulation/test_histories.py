"""The promises hold in every history, and every guard of the protocol is needed by some history."""

import json
from pathlib import Path

import pytest

from simulation.history import BrokenPromiseError, History, Weather
from simulation.mutants import MUTANTS, notices
from simulation.one_machine import MachineHistory

SEEDS = range(200)
"""The gate's histories: some 25 s. `python tests/simulation/run.py 100000` runs more."""

PORTION = 25

MACHINES = 75
"""Histories of one machine among them, with power cuts and older tables."""

NOTICED_BY: dict[str, list[int]] = json.loads(Path(__file__).with_name("noticed.json").read_text())
"""For each guard seeds whose histories notice its absence; `History(seed)` tells the story.

After a change of the protocol's calls, `python tests/simulation/run.py --guards` looks for them anew."""


REGRESSIONS = {
    1791: "an earlier try's answer ended the lease of a later one, which is right: it is out",
    4060: "a pause that was written to the table that had just been lost",
    6730: "a worker of a table that was lost, and a pause that only its copy knew",
    6810: "a copy that was adopted while a worker of the original was still frozen: adopt when nothing of it is left",
    4361: "what was sent late on purpose had no window, and waited for an unconfirmed one for ever",
}
"""Seeds that once ended in a broken promise, and why. A change of the protocol's calls shifts what a seed means;
what was wrong with the protocol itself is told again in tests/integration/services."""


@pytest.mark.parametrize("seed", sorted(REGRESSIONS))
def test_what_once_broke_a_promise_no_longer_does(seed: int) -> None:
    History(seed).run()


@pytest.mark.parametrize("first", range(SEEDS.start, SEEDS.stop, PORTION))
def test_the_promises_hold_in_every_history(first: int) -> None:
    for seed in range(first, first + PORTION):
        try:
            History(seed).run()
        except BrokenPromiseError as broken:
            pytest.fail(f"seed {seed}: {broken}")


@pytest.mark.parametrize("first", range(0, MACHINES, PORTION))
def test_the_promises_hold_on_one_machine_whatever_is_put_back(first: int) -> None:
    put_back = adopted = 0
    for seed in range(first, first + PORTION):
        history = MachineHistory(seed)
        try:
            history.run()
        except BrokenPromiseError as broken:
            pytest.fail(f"seed {seed}: {broken}")
        put_back += sum("AN OLDER TABLE PUT BACK" in line for line in history.hub.story)
        adopted += sum("the table is adopted" in line for line in history.hub.story)
    assert put_back > adopted > PORTION


def test_every_guard_has_seeds_that_notice_its_absence() -> None:
    assert sorted(NOTICED_BY) == sorted(MUTANTS)
    assert all(NOTICED_BY.values())


@pytest.mark.parametrize("guard", sorted(MUTANTS))
def test_a_guard_that_is_taken_away_is_missed(guard: str) -> None:
    """A change of the protocol's calls shifts what a seed means, so a few other seeds may notice as well."""
    for seed in (*NOTICED_BY[guard], *range(30)):
        if notices(guard, seed):
            return
    pytest.fail(f"no history misses '{guard}'; look for a seed: tests/simulation/run.py --guards")


def test_the_history_of_a_seed_is_always_the_same() -> None:
    first, second = History(7), History(7)
    first.run()
    second.run()
    assert first.hub.story == second.hub.story
    assert first.hub.story


def test_in_fair_weather_everything_is_out_on_time_at_the_first_try() -> None:
    for seed in range(1000, 1010):
        history = History(seed, Weather(fair=True))
        history.run()
        assert len(history.network.posts) == sum(len(asked.channels) for asked in history.asked)
        assert len(history.asked) == 6


def test_in_fair_weather_tokens_that_end_make_nothing_late_and_use_no_try() -> None:
    renewed = 0
    for seed in range(1000, 1020):
        history = History(seed, Weather(fair=True, tokens=True))
        history.run()
        assert len(history.network.posts) == sum(len(asked.channels) for asked in history.asked)
        renewed += sum("token_renewed" in line for line in history.hub.story)
        assert not any("standing_reason" in item for item in history.table.items.values())
    assert renewed > 20
