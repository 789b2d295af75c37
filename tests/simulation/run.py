"""Run many histories: `python tests/simulation/run.py 100000` (or FIRST LAST); a failing seed tells its story.

`--beyond` measures instead how many deliveries double when a failure leaves the protocol's bounds. `--guards` looks for
seeds that notice each guard's absence and writes them beside this file.
Spread over the machine's cores. Exit status 1 if any promise was broken.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from simulation.history import BEYOND, REMEDIES, BrokenPromiseError, History, Weather
from simulation.mutants import MUTANTS, notices

PORTION = 50

NOTICED = Path(__file__).with_name("noticed.json")
ENOUGH = 3
"""So many seeds are kept for a guard."""


def portion(seeds: range) -> list[tuple[int, str]]:
    """The seeds of a portion that break a promise, with their stories."""
    broken = []
    for seed in seeds:
        try:
            History(seed).run()
        except BrokenPromiseError as error:
            broken.append((seed, str(error)))
    return broken


def doubles(kind: str, seeds: range) -> tuple[Counter[str], Counter[str]]:
    """Over the seeds of a portion, beyond the bounds: deliveries by channel, and doubled ones."""
    deliveries: Counter[str] = Counter()
    doubled: Counter[str] = Counter()
    for seed in seeds:
        history = History(seed, Weather(beyond=kind))
        history.run()
        for name, (count, twice) in history.doubles().items():
            deliveries[name] += count
            doubled[name] += twice
    return deliveries, doubled


def portions(first: int, last: int) -> Sequence[range]:
    """The seeds from `first` to before `last`, in portions."""
    return [range(start, min(start + PORTION, last)) for start in range(first, last, PORTION)]


def run_within(first: int, last: int) -> int:
    """Run the seeds; the exit status."""
    began, count, broken = time.monotonic(), 0, 0
    parts = portions(first, last)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for seeds, found in zip(parts, pool.map(portion, parts), strict=True):
            count += len(seeds)
            broken += len(found)
            for seed, story in found:
                print(f"seed {seed}: {story}\n", flush=True)
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{count:,} histories, {broken} broken, {time.monotonic() - began:.0f} s")
    print(f"{count:,} histories, {broken} broken, {time.monotonic() - began:.0f} s")
    return int(bool(broken))


def run_beyond(first: int, last: int) -> int:
    """Measure the doubles beyond the bounds, as a Markdown table."""
    parts = portions(first, last)
    print("| beyond the bounds | channel | deliveries | out twice | share |\n|---|---|---|---|---|")
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        for kind in BEYOND:
            deliveries: Counter[str] = Counter()
            doubled: Counter[str] = Counter()
            for some, twice in pool.map(doubles, [kind] * len(parts), parts):
                deliveries += some
                doubled += twice
            for name, count in sorted(deliveries.items()):
                share = doubled[name] / count
                print(f"| {kind} | {REMEDIES[name]} | {count:,} | {doubled[name]:,} | {share:.2%} |", flush=True)
    return 0


def noticing(guard: str, first: int, last: int) -> list[int]:
    """The first seeds that notice the absence of a guard: those known before, then the others in order."""
    known = json.loads(NOTICED.read_text()).get(guard, []) if NOTICED.exists() else []
    found: list[int] = []
    for seed in dict.fromkeys([*known, *range(first, last)]):
        if notices(guard, seed):
            found.append(seed)
        if len(found) == ENOUGH:
            break
    return sorted(found)


def find_guards(first: int, last: int) -> int:
    """Look for seeds that notice each guard's absence, and write them; 1 if some guard has none."""
    guards = sorted(MUTANTS)
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        found = dict(zip(guards, pool.map(noticing, guards, [first] * len(guards), [last] * len(guards)), strict=True))
    NOTICED.write_text(json.dumps(found, indent=2) + "\n")
    for guard, seeds in found.items():
        print(f"{guard:32} {', '.join(map(str, seeds)) or 'NOBODY NOTICES'}")
    return int(not all(found.values()))


def main() -> int:
    """Run the seeds asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("seeds", nargs="*", type=int, default=[1000], help="COUNT, or FIRST LAST")
    parser.add_argument("--beyond", action="store_true", help="measure doubles beyond the protocol's bounds")
    parser.add_argument("--guards", action="store_true", help="look for seeds that notice each guard's absence")
    asked = parser.parse_args()
    if len(asked.seeds) > 2:
        parser.error("give COUNT, or FIRST LAST")
    first, last = (0, asked.seeds[0]) if len(asked.seeds) == 1 else asked.seeds
    if asked.guards:
        return find_guards(first, last)
    return run_beyond(first, last) if asked.beyond else run_within(first, last)


if __name__ == "__main__":
    sys.exit(main())
